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
        let edges: Vec<_> = paid(appraisal)
            .map(|point| {
                (
                    scale.position(point.fee),
                    Some((point.low.clamp(0.0, 1.0), point.high.clamp(0.0, 1.0))),
                )
            })
            .collect();
        band(canvas, &edges, tint(MARKET, 0.25))?;
        let curve: Vec<_> =
            paid(appraisal).map(|p| (scale.position(p.fee), Some(p.sale_probability))).collect();
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
    let edges: Vec<_> =
        paid(appraisal).map(|p| (scale.position(p.fee), Some((cautious(p), mean(p))))).collect();
    band(canvas, &edges, tint(MARKET, 0.25))?;
    for (value, style) in
        [(mean as fn(&Forecast) -> f64, stroke(MARKET, 1)), (cautious, stroke(INK, 2))]
    {
        let curve: Vec<_> =
            paid(appraisal).map(|point| (scale.position(point.fee), Some(value(point)))).collect();
        lines(canvas, &curve, style)?;
    }
    for atom in free(appraisal) {
        dot(canvas, (scale.position(atom.fee), cautious(atom)), INK)?;
    }
    markers(canvas, scale, y, appraisal)?;
    dot(canvas, (scale.position(appraisal.best.fee), cautious(&appraisal.best)), GAIN)
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
