//! A fleet in one table: trouble first, totals, and a line for each daemon.

use std::cmp::{Ordering, Reverse};

use maud::{Markup, html};
use snarkfee_core::{
    account::{Money, Tally},
    fault::Fault,
    record::Record,
    units::{DaemonId, FeeRate, FeeUnit, Nanomina},
};

use super::{
    context::{PageContext, page_link},
    format::{show_age, show_brief_amount, show_brief_rate, show_sum},
    natural_order::compare_naturally,
    status_light::StatusLight,
};
use crate::{
    telemetry::{DaemonOverview, headline, signed_mina},
    web::fleet_query::{FleetFilter, FleetOrder},
};

/// Columns by which the table can be ordered.
const COLUMNS: [(&str, FleetOrder); 8] = [
    ("State", FleetOrder::Trouble),
    ("Daemon", FleetOrder::Name),
    ("Asks", FleetOrder::Fee),
    ("Expected", FleetOrder::Expected),
    ("Today", FleetOrder::Today),
    ("30 days", FleetOrder::Month),
    ("In all", FleetOrder::Total),
    ("Read", FleetOrder::Age),
];

/// One line.
struct FleetRow<'a> {
    daemon: &'a DaemonOverview,
    light: StatusLight,
}

impl FleetRow<'_> {
    fn record(&self) -> Option<&Record> {
        self.daemon.latest.as_deref()
    }

    fn money(&self) -> Option<&Money> {
        self.record()?.money.as_ref()
    }

    fn unit(&self) -> FeeUnit {
        self.record().map(Record::fee_unit).unwrap_or_default()
    }

    fn fee(&self) -> Option<Nanomina> {
        self.record()?.fee_after()
    }

    fn expected(&self) -> Option<FeeRate> {
        Some(self.record()?.decision.appraisal.as_ref()?.best.cautious_profit)
    }

    /// Profit of some span in nanomina; `None` while the cost is not known.
    fn profit(&self, span: impl Fn(&Money) -> &Tally) -> Option<i64> {
        let tally = span(self.money()?);
        tally.knows_cost().then(|| tally.real.profit())
    }
}

pub(super) fn fleet(page: &PageContext<'_>) -> Markup {
    let order = page.query.sort.unwrap_or_default();
    let filter = page.query.show.unwrap_or_default();
    let all: Vec<_> = page
        .daemons
        .iter()
        .map(|daemon| FleetRow { daemon, light: StatusLight::of_daemon(daemon) })
        .collect();
    let mut rows: Vec<_> = all.iter().filter(|row| row.light.passes(filter)).collect();
    rows.sort_by(|a, b| compare(order, a, b));
    html! {
        section.fleet aria-labelledby="fleet" {
            h2 #fleet { (all.len()) " daemons" }
            p.headline { (count_by_state(&all)) }
            (filters(&all, order, filter))
            @if rows.is_empty() { p.empty { "No daemon is in this state." } } @else {
                div.scroll role="region" aria-label="Table of daemons" tabindex="0" {
                    table #daemons {
                        caption.hidden { "Daemons" }
                        thead { tr {
                            @for (name, column) in COLUMNS { (column_head(name, column, order, filter)) }
                            th scope="col" { "Why" }
                        } }
                        tbody { @for row in &rows { (render_row(page, row)) } }
                        tfoot { (totals(&rows)) }
                    }
                }
            }
        }
    }
}

fn compare(order: FleetOrder, a: &FleetRow<'_>, b: &FleetRow<'_>) -> Ordering {
    let by_name = || compare_naturally(a.daemon.daemon.as_str(), b.daemon.daemon.as_str());
    let first = match order {
        FleetOrder::Trouble => a.light.cmp(&b.light),
        FleetOrder::Name => Ordering::Equal,
        FleetOrder::Fee => Reverse(a.fee()).cmp(&Reverse(b.fee())),
        FleetOrder::Expected => Reverse(a.expected()).cmp(&Reverse(b.expected())),
        FleetOrder::Today => compare_profit(a, b, |money| &money.today),
        FleetOrder::Month => compare_profit(a, b, |money| &money.month),
        FleetOrder::Total => compare_profit(a, b, |money| &money.all),
        // What was never read comes first.
        FleetOrder::Age => a.daemon.read_in_full.cmp(&b.daemon.read_in_full),
    };
    first.then_with(by_name)
}

fn compare_profit(
    a: &FleetRow<'_>,
    b: &FleetRow<'_>,
    span: impl Fn(&Money) -> &Tally + Copy,
) -> Ordering {
    Reverse(a.profit(span)).cmp(&Reverse(b.profit(span)))
}

/// How many are in each state, the most urgent first.
fn count_by_state(rows: &[FleetRow<'_>]) -> String {
    let counts = StatusLight::ALL.into_iter().filter_map(|light| {
        let count = rows.iter().filter(|row| row.light == light).count();
        (count > 0).then(|| format!("{count} {}", light.word()))
    });
    counts.collect::<Vec<_>>().join(", ")
}

fn filters(rows: &[FleetRow<'_>], order: FleetOrder, chosen: FleetFilter) -> Markup {
    html! {
        nav.filters aria-label="Which daemons" {
            ul { @for filter in FleetFilter::ALL {
                @let count = rows.iter().filter(|row| row.light.passes(filter)).count();
                @if count > 0 || filter == chosen {
                    li {
                        a href=(fleet_link(order, filter)) aria-current=[(filter == chosen).then_some("true")] {
                            (filter.name()) " " (count)
                        }
                    }
                }
            } }
        }
        label.find data-keep="" #find { "Find " input type="search" name="find" autocomplete="off" spellcheck="false"; }
    }
}

fn column_head(name: &str, column: FleetOrder, order: FleetOrder, filter: FleetFilter) -> Markup {
    let here = column == order;
    html! {
        th scope="col" aria-sort=[here.then_some(column.direction())] {
            a href=(fleet_link(column, filter)) { (name) }
        }
    }
}

fn fleet_link(order: FleetOrder, filter: FleetFilter) -> String {
    let mut parameters = Vec::new();
    if order != FleetOrder::default() {
        parameters.push(format!("sort={}", order.name()));
    }
    if filter != FleetFilter::default() {
        parameters.push(format!("show={}", filter.name()));
    }
    if parameters.is_empty() { "/".to_owned() } else { format!("/?{}", parameters.join("&")) }
}

fn render_row(page: &PageContext<'_>, row: &FleetRow<'_>) -> Markup {
    let FleetRow { daemon, light } = row;
    let (unit, name): (FeeUnit, &DaemonId) = (row.unit(), &daemon.daemon);
    let profit = |span: fn(&Money) -> &Tally| row.profit(span);
    html! {
        tr {
            td { (light.render()) }
            th scope="row" { a href=(page_link(name, &[])) { (name) } }
            td.number data-name="Asks" { @match row.fee() { Some(fee) => (show_brief_amount(fee, unit)), None => (dash()) } }
            td.number data-name="Expected" { @match row.expected() { Some(rate) => (show_brief_rate(rate, unit)), None => (dash()) } }
            td.number data-name="Today" { (show_profit(profit(|money| &money.today), unit)) }
            td.number data-name="30 days" { (show_profit(profit(|money| &money.month), unit)) }
            td.number data-name="In all" { (show_profit(profit(|money| &money.all), unit)) }
            td.number data-name="Read" { @match daemon.read_in_full { Some(at) => (show_age(at, page.now)), None => "never" } }
            td.why { (Fault::excerpt(&headline(daemon, page.now))) }
        }
    }
}

fn show_profit(profit: Option<i64>, unit: FeeUnit) -> Markup {
    html! { @match profit { Some(profit) => (show_sum(signed_mina(profit), unit)), None => (dash()) } }
}

fn dash() -> Markup {
    html! { span.unknown { "–" } }
}

/// The sums of what is shown; of those whose cost is known.
fn totals(rows: &[&FleetRow<'_>]) -> Markup {
    let unit = rows.first().map(|row| row.unit()).unwrap_or_default();
    let sum = |span: fn(&Money) -> &Tally| {
        let known = rows.iter().filter_map(|row| row.profit(span));
        known.reduce(i64::saturating_add)
    };
    let expected = rows.iter().filter_map(|row| row.expected()).map(FeeRate::get);
    let expected = expected.reduce(i64::saturating_add).map(FeeRate::new);
    html! {
        tr {
            td {} th scope="row" { "All " (rows.len()) } td {}
            td.number data-name="Expected" { @match expected { Some(rate) => (show_brief_rate(rate, unit)), None => (dash()) } }
            td.number data-name="Today" { (show_profit(sum(|money| &money.today), unit)) }
            td.number data-name="30 days" { (show_profit(sum(|money| &money.month), unit)) }
            td.number data-name="In all" { (show_profit(sum(|money| &money.all), unit)) }
            td {} td.why {}
        }
    }
}
