//! What each fee would bring: P(sold) and expected profit over fees.

use plotters::element::Circle;
use snarkfee_core::{
    policy::{Appraisal, Forecast},
    units::Nanomina,
};

use super::{
    COST, Canvas, Drawn, GAIN, INK, MARKET, OURS, band, chart, lines, rule,
    scale::{Axis, FeeScale, linear, shares},
    stroke, tint,
};

/// Radius of the mark at the zero atom and at the chosen fee, in pixels.
const MARK: i32 = 4;

/// P(sold) against fee with its band, the wanted and the asked fee, and the cost.
pub fn sale_probability(appraisal: &Appraisal) -> Option<String> {
    let scale = scale(appraisal)?;
    let (x, y) = (scale.axis(), shares());
    chart(&x, &y, |canvas| {
        let edges = |point: &Forecast| (point.low.clamp(0.0, 1.0), point.high.clamp(0.0, 1.0));
        band(canvas, &up_to_each_fee(appraisal, scale, edges), tint(MARKET, 0.25))?;
        let curve = up_to_each_fee(appraisal, scale, |point| point.sale_probability);
        lines(canvas, &curve, stroke(INK, 2))?;
        for atom in free(appraisal) {
            let at = scale.position(atom.fee);
            rule(
                canvas,
                (at, atom.low.clamp(0.0, 1.0)),
                (at, atom.high.clamp(0.0, 1.0)),
                stroke(MARKET, 3),
            )?;
            dot(canvas, (at, atom.sale_probability), INK)?;
        }
        markers(canvas, scale, &y, appraisal)?;
        dot(canvas, (scale.position(appraisal.best.fee), appraisal.best.sale_probability), GAIN)
    })
}

/// Expected profit per hour against fee, the mean and the cautious side.
pub fn profit_by_fee(appraisal: &Appraisal) -> Option<String> {
    let scale = scale(appraisal)?;
    let (x, y) = (scale.axis(), profits(appraisal));
    chart(&x, &y, |canvas| draw_profit(canvas, scale, &y, appraisal))
}

fn mean(point: &Forecast) -> f64 {
    point.profit.to_mina_per_hour()
}

fn cautious(point: &Forecast) -> f64 {
    point.cautious_profit.to_mina_per_hour()
}

/// The axis of expected profits.
pub(super) fn profits(appraisal: &Appraisal) -> Axis {
    let all = appraisal.curve.iter().chain([&appraisal.best, appraisal.asked()]);
    linear(all.flat_map(|point| [mean(point), cautious(point)]), [0.0])
}

pub(super) fn draw_profit(
    canvas: &mut Canvas<'_, '_>,
    scale: FeeScale,
    y: &Axis,
    appraisal: &Appraisal,
) -> Drawn {
    let x = scale.axis();
    rule(canvas, (x.range.start, 0.0), (x.range.end, 0.0), stroke(INK, 1))?;
    let (cautious_side, mean_side) = (
        profit_up_to_each_fee(appraisal, scale, cautious),
        profit_up_to_each_fee(appraisal, scale, mean),
    );
    let edges: Vec<_> = cautious_side
        .iter()
        .zip(&mean_side)
        .map(|((at, low), (_, high))| (*at, low.zip(*high)))
        .collect();
    band(canvas, &edges, tint(MARKET, 0.25))?;
    lines(canvas, &mean_side, stroke(MARKET, 1))?;
    lines(canvas, &cautious_side, stroke(INK, 2))?;
    for atom in free(appraisal) {
        dot(canvas, (scale.position(atom.fee), cautious(atom)), INK)?;
    }
    markers(canvas, scale, y, appraisal)?;
    dot(canvas, (scale.position(appraisal.best.fee), cautious(&appraisal.best)), GAIN)
}

/// A value of each fee as steps: up to the next fee worth asking, a work sells as it does there.
pub(super) fn up_to_each_fee<T: Copy>(
    appraisal: &Appraisal,
    scale: FeeScale,
    value: impl Fn(&Forecast) -> T,
) -> Vec<(f64, Option<T>)> {
    let mut corners: Vec<(f64, Option<T>)> = Vec::new();
    for point in paid(appraisal) {
        let (at, now) = (scale.position(point.fee), Some(value(point)));
        let before = corners.last().map(|(before, _)| (*before, now));
        corners.extend(before.into_iter().chain([(at, now)]));
    }
    corners
}

/// Places between two fees at which the profit is drawn: it rises with the fee, which is a curve on a
/// logarithmic axis.
const BETWEEN: u32 = 6;

/// The profit of each fee: it rises with the fee up to the next one worth asking, and falls there,
/// because fewer works are sold above it.
fn profit_up_to_each_fee(
    appraisal: &Appraisal,
    scale: FeeScale,
    value: impl Fn(&Forecast) -> f64,
) -> Vec<(f64, Option<f64>)> {
    let mut corners: Vec<(f64, Option<f64>)> = Vec::new();
    let mut earlier: Option<Nanomina> = None;
    let cost = appraisal.cost.to_mina();
    for point in paid(appraisal) {
        let (fee, profit) = (point.fee.to_mina(), value(point));
        if let Some(before) = earlier {
            let sold = profit + point.idle_cost.to_mina_per_hour() + point.works_per_hour * cost;
            let (from, to) = (scale.position(before), scale.position(point.fee));
            for place in 0..BETWEEN {
                let at = from + (to - from) * f64::from(place) / f64::from(BETWEEN);
                let share = FeeScale::fee_at(at).to_mina() / fee;
                corners.push((at, Some(profit - sold * (1.0 - share))));
            }
        }
        corners.push((scale.position(point.fee), Some(profit)));
        earlier = Some(point.fee);
    }
    corners
}

fn scale(appraisal: &Appraisal) -> Option<FeeScale> {
    if appraisal.curve.len() < 2 {
        return None;
    }
    let curve = appraisal.curve.iter().map(|point| point.fee);
    Some(FeeScale::over(curve.chain([appraisal.best.fee, appraisal.asked().fee, appraisal.cost])))
}

pub(super) fn paid(appraisal: &Appraisal) -> impl Iterator<Item = &Forecast> {
    appraisal.curve.iter().filter(|point| point.fee > Nanomina::ZERO)
}

/// Work at fee 0 sells by other rules than work at any price, so its point is not joined to the
/// curve.
pub(super) fn free(appraisal: &Appraisal) -> impl Iterator<Item = &Forecast> {
    appraisal.curve.iter().filter(|point| point.fee == Nanomina::ZERO)
}

/// Upright lines at the cost, the asked and the wanted fee, and two at the gap of the axis.
pub(super) fn markers(
    canvas: &mut Canvas<'_, '_>,
    scale: FeeScale,
    y: &Axis,
    appraisal: &Appraisal,
) -> Drawn {
    let mut upright = |at: f64, style| rule(canvas, (at, y.range.start), (at, y.range.end), style);
    if let Some(gap) = scale.gap() {
        upright(gap - 0.02, stroke(MARKET, 1))?;
        upright(gap + 0.02, stroke(MARKET, 1))?;
    }
    upright(scale.position(appraisal.cost), stroke(COST, 2))?;
    upright(scale.position(appraisal.asked().fee), stroke(OURS, 4))?;
    upright(scale.position(appraisal.best.fee), stroke(GAIN, 2))
}

pub(super) fn dot(
    canvas: &mut Canvas<'_, '_>,
    at: (f64, f64),
    colour: plotters::style::RGBColor,
) -> Drawn {
    canvas.draw_series(std::iter::once(Circle::new(at, MARK, tint(colour, 1.0))))?;
    Ok(())
}
