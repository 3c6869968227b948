//! Charts as SVG, drawn by the server.
//!
//! Invariants: presentation attributes only, so that a strict content security policy holds; the
//! colours are a closed set that the style sheet replaces in dark mode; no text of a daemon is
//! drawn.
//!
//! Not here: the page's legends and captions, which are HTML (`web::page`).

mod by_fee;
mod market;
mod over_time;
mod scale;

use plotters::{
    chart::{ChartBuilder, ChartContext},
    coord::Shift,
    drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea},
    element::{PathElement, Polygon},
    prelude::{Cartesian2d, SVGBackend},
    series::LineSeries,
    style::{Color, IntoFont, RGBColor, ShapeStyle, TRANSPARENT},
};

use self::scale::Axis;
pub use self::{
    by_fee::{profit_by_fee, sale_probability},
    market::market,
    over_time::{coverage, earned, expected_profit, fee_and_market, profit, profits},
};

/// The colour class of each line of [`profits`], in turn; from the seventh on they come again, thinner.
pub const SERIES: [&str; 6] = ["ours", "gain", "cost", "market", "extra", "ink"];

/// The style sheet of page and reports, which gives the charts their colours.
pub const STYLE: &str = include_str!("style.css");

const SIZE: (u32, u32) = (520, 260);

/// The colours, each a role that `web/assets/style.css` knows by its value.
const INK: RGBColor = RGBColor(0x4A, 0x52, 0x60);
const GRID: RGBColor = RGBColor(0xE2, 0xE6, 0xEC);
const OURS: RGBColor = RGBColor(0x1D, 0x5F, 0xBF);
const MARKET: RGBColor = RGBColor(0x7A, 0x86, 0x99);
const COST: RGBColor = RGBColor(0xB4, 0x50, 0x1E);
const GAIN: RGBColor = RGBColor(0x1B, 0x7F, 0x5A);
const EXTRA: RGBColor = RGBColor(0x7A, 0x4F, 0xBF);
const IDLE: RGBColor = RGBColor(0xF0, 0xF2, 0xF5);

type Area<'b> = DrawingArea<SVGBackend<'b>, Shift>;
type Canvas<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Draws axes and grid, then what `draw` adds; `None` when there is nothing to draw on, which sizes
/// fixed here exclude.
fn chart(x: &Axis, y: &Axis, draw: impl FnOnce(&mut Canvas<'_, '_>) -> Drawn) -> Option<String> {
    let mut svg = String::new();
    match paint(&mut svg, x, y, draw) {
        Ok(()) => Some(svg),
        Err(error) => {
            tracing::error!(%error, "a chart could not be drawn");
            None
        }
    }
}

fn paint(
    svg: &mut String,
    x: &Axis,
    y: &Axis,
    draw: impl FnOnce(&mut Canvas<'_, '_>) -> Drawn,
) -> Drawn {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut canvas = axes(&area, x, y)?;
    draw(&mut canvas)?;
    drop(canvas);
    area.present()
}

/// Axes and grid on a part of a drawing.
fn axes<'a, 'b>(
    area: &'a Area<'b>,
    x: &Axis,
    y: &Axis,
) -> Result<Canvas<'a, 'b>, DrawingAreaErrorKind<std::io::Error>> {
    let mut canvas = ChartBuilder::on(area)
        .margin_top(8)
        .margin_right(30)
        .margin_bottom(4)
        .x_label_area_size(28)
        .y_label_area_size(78)
        .build_cartesian_2d(x.clone(), y.clone())?;
    canvas
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(("sans-serif", 15).into_font().color(&INK))
        .draw()?;
    Ok(canvas)
}

/// Lines through runs of known values; an unknown one breaks the line.
fn lines(canvas: &mut Canvas<'_, '_>, points: &[(f64, Option<f64>)], style: ShapeStyle) -> Drawn {
    for run in points.split(|(_, y)| y.is_none()) {
        let known = run.iter().filter_map(|(x, y)| Some((*x, (*y)?)));
        canvas.draw_series(LineSeries::new(known, style))?;
    }
    Ok(())
}

/// The area between two lines over the same places, points in order of place.
fn band(
    canvas: &mut Canvas<'_, '_>,
    edges: &[(f64, Option<(f64, f64)>)],
    style: ShapeStyle,
) -> Drawn {
    for run in edges.split(|(_, edge)| edge.is_none()) {
        let known: Vec<(f64, f64, f64)> = run
            .iter()
            .filter_map(|(x, edge)| {
                let (low, high) = (*edge)?;
                Some((*x, low, high))
            })
            .collect();
        let upper = known.iter().map(|(x, _, high)| (*x, *high));
        let lower = known.iter().rev().map(|(x, low, _)| (*x, *low));
        let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
        if known.len() > 1 {
            canvas.draw_series(std::iter::once(Polygon::new(outline, style)))?;
        }
    }
    Ok(())
}

/// A straight line.
fn rule(canvas: &mut Canvas<'_, '_>, from: (f64, f64), to: (f64, f64), style: ShapeStyle) -> Drawn {
    canvas.draw_series(std::iter::once(PathElement::new(vec![from, to], style)))?;
    Ok(())
}

fn stroke(colour: RGBColor, width: u32) -> ShapeStyle {
    colour.stroke_width(width)
}

fn tint(colour: RGBColor, opacity: f64) -> ShapeStyle {
    colour.mix(opacity).filled()
}
