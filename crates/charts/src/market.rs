//! The market of one look as a drawing that stands by itself: S(f), standing quotes and expected
//! profit over the same fees.

use std::collections::{BTreeMap, BTreeSet};

use plotters::{
    backend::SVGBackend,
    drawing::IntoDrawingArea,
    element::{Rectangle, Text},
    style::{FontStyle, IntoFont, RGBColor, WHITE},
};
use snarkfee_core::{market::MarketView, policy::Appraisal, units::Nanomina};

use super::{
    Area, COST, Canvas, Drawn, GAIN, INK, MARKET, OURS, axes, band,
    by_fee::{dot, draw_profit, free, markers, profits, up_to_each_fee},
    lines, rule,
    scale::{Axis, FeeScale, linear, shares},
    stroke, tint,
};

const SIZE: (u32, u32) = (820, 980);
/// Where the panels begin and end, in pixels from the top.
const PANELS: [u32; 4] = [44, 404, 644, 980];
/// Height of a panel's title and key.
const HEAD: u32 = 46;
const MOST_DECADES: i32 = 10;
/// Places along the axis at which S is read beside the prices that carry mass.
const READINGS: u32 = 240;
/// Bars of quotes in one decade.
const BARS: f64 = 8.0;

/// A key: colour and meaning of each mark.
type Key = &'static [(RGBColor, &'static str)];

/// Draws the market. `title` is the drawing's headline.
pub fn market(view: &MarketView, appraisal: &Appraisal, title: &str) -> Option<String> {
    let mut svg = String::new();
    match paint(&mut svg, view, appraisal, title) {
        Ok(()) => Some(svg),
        Err(error) => {
            tracing::error!(%error, "the market could not be drawn");
            None
        }
    }
}

fn paint(svg: &mut String, view: &MarketView, appraisal: &Appraisal, title: &str) -> Drawn {
    let fees =
        appraisal.curve.iter().chain([&appraisal.best, appraisal.asked()]).map(|point| point.fee);
    let scale = FeeScale::within(fees.chain([Nanomina::ZERO, appraisal.cost]), MOST_DECADES);
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    words(&area, (14, 12), 20, title)?;
    let [first, second, third, end] = PANELS;
    let part = |from: u32, to: u32| area.clone().shrink((0, from), (SIZE.0, to - from));
    survival_panel(&part(first, second), scale, view, appraisal)?;
    quotes_panel(&part(second, third), scale, view)?;
    let y = profits(appraisal);
    let key: Key = &[
        (INK, "by the lower end of the band, which decides"),
        (MARKET, "up to the mean"),
        (OURS, "asked"),
        (GAIN, "wanted"),
        (COST, "cost"),
    ];
    let panel = part(third, end);
    head(&panel, "Expected profit, MINA/h, against the fee in MINA", key)?;
    let (_, panel) = panel.split_vertically(HEAD);
    draw_profit(&mut axes(&panel, &scale.axis(), &y)?, scale, &y, appraisal)?;
    area.present()
}

fn survival_panel(
    area: &Area<'_>,
    scale: FeeScale,
    view: &MarketView,
    appraisal: &Appraisal,
) -> Drawn {
    let zero = view.sells_above(Nanomina::ZERO);
    let title = format!(
        "S(f) = P(C > f): works bought for more than the fee; {} are bought for 0",
        snarkfee_core::units::percent(1.0 - zero.estimate)
    );
    let key: Key = &[
        (INK, "S(f)"),
        (MARKET, "its band; at 0 the share of free work"),
        (GAIN, "P(sold) of a work made; fee wanted"),
        (OURS, "asked"),
        (COST, "cost"),
    ];
    head(area, &title, key)?;
    let (_, area) = area.split_vertically(HEAD);
    let y = shares();
    let mut canvas = axes(&area, &scale.axis(), &y)?;
    draw_survival(&mut canvas, scale, &y, view, appraisal)
}

fn draw_survival(
    canvas: &mut Canvas<'_, '_>,
    scale: FeeScale,
    y: &Axis,
    view: &MarketView,
    appraisal: &Appraisal,
) -> Drawn {
    let mut curve = Vec::new();
    let mut edges = Vec::new();
    for fee in readings(scale, view, appraisal) {
        let (at, point) = (scale.position(fee), view.sells_above(fee));
        // S holds from one price that carries mass up to the next.
        if let (Some((_, before)), Some((_, edge))) = (curve.last().copied(), edges.last().copied())
        {
            curve.push((at, before));
            edges.push((at, edge));
        }
        curve.push((at, Some(point.estimate)));
        edges.push((at, Some((point.low, point.high))));
    }
    band(canvas, &edges, tint(MARKET, 0.25))?;
    lines(canvas, &curve, stroke(INK, 2))?;
    let sold = up_to_each_fee(appraisal, scale, |point| point.sale_probability);
    lines(canvas, &sold, stroke(GAIN, 1))?;
    let (at, zero) = (scale.position(Nanomina::ZERO), view.sells_above(Nanomina::ZERO));
    rule(canvas, (at, zero.estimate), (at, 1.0), stroke(MARKET, 9))?;
    rule(canvas, (at, zero.low), (at, zero.high), stroke(MARKET, 3))?;
    dot(canvas, (at, zero.estimate), INK)?;
    for atom in free(appraisal) {
        dot(canvas, (at, atom.sale_probability), GAIN)?;
    }
    markers(canvas, scale, y, appraisal)
}

/// Where S is read: at every price that carries mass, and evenly between.
fn readings(scale: FeeScale, view: &MarketView, appraisal: &Appraisal) -> BTreeSet<Nanomina> {
    let range = scale.paid_range();
    let step = (range.end - range.start) / f64::from(READINGS);
    let even = (0..=READINGS).map(|place| FeeScale::fee_at(range.start + step * f64::from(place)));
    let (low, high) = (FeeScale::fee_at(range.start), FeeScale::fee_at(range.end));
    let prices =
        view.atoms().map(|(price, _)| price).chain(appraisal.curve.iter().map(|point| point.fee));
    even.chain(prices.filter(|price| *price >= low && *price <= high)).collect()
}

fn quotes_panel(area: &Area<'_>, scale: FeeScale, view: &MarketView) -> Drawn {
    let market = view.summary();
    let title = format!(
        "Standing quotes: {} open works, {} of them without a proof",
        market.open_works, market.uncovered_works
    );
    head(area, &title, &[(MARKET, "works that stand at about this fee")])?;
    let (_, area) = area.split_vertically(HEAD);
    let bars = bars(scale, view.standing());
    let y = linear(bars.iter().map(|(_, works)| *works as f64), [0.0]);
    let mut canvas = axes(&area, &scale.axis(), &y)?;
    let width = 1.0 / BARS;
    let bar = |(at, works): &(f64, u64)| {
        Rectangle::new(
            [(at - width * 0.4, 0.0), (at + width * 0.4, *works as f64)],
            tint(MARKET, 0.8),
        )
    };
    canvas.draw_series(bars.iter().map(bar))?;
    Ok(())
}

/// Works by place on the axis; those at 0 have a bar of their own.
fn bars(scale: FeeScale, standing: &[Nanomina]) -> Vec<(f64, u64)> {
    let mut free = 0;
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for fee in standing {
        if *fee == Nanomina::ZERO {
            free += 1;
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "a place within some decades")]
            let bar = (scale.position(*fee) * BARS).floor() as i64;
            *counts.entry(bar).or_default() += 1;
        }
    }
    let zero = (free > 0).then(|| (scale.position(Nanomina::ZERO), free));
    zero.into_iter()
        .chain(counts.into_iter().map(|(bar, works)| ((bar as f64 + 0.5) / BARS, works)))
        .collect()
}

fn head(area: &Area<'_>, title: &str, key: Key) -> Drawn {
    words(area, (14, 8), 16, title)?;
    let mut from = 14;
    for (colour, meaning) in key {
        area.draw(&Rectangle::new([(from, 31), (from + 10, 41)], tint(*colour, 1.0)))?;
        words(area, (from + 15, 29), 13, meaning)?;
        // Letters of this size are about six pixels wide in common fonts.
        from += 34 + 6 * i32::try_from(meaning.chars().count()).unwrap_or(0);
    }
    Ok(())
}

fn words(area: &Area<'_>, at: (i32, i32), size: i32, text: &str) -> Drawn {
    let font = ("sans-serif", size, FontStyle::Normal).into_font().color(&INK);
    area.draw(&Text::new(text.to_owned(), at, font))
}
