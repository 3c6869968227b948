//! `mina_price`: an amount, or where to read it.

use std::{str::FromStr, time::Duration};

use snarkfee_core::{
    cost::{MinaPrice, PriceBounds, PriceSource},
    units::{Currency, Endpoint, Fiat},
};

use super::WrittenCost;
use crate::{
    item::Node,
    kind::{Kind, duration_from, endpoint, list, number, quantity, quote},
    setting::{Group, Setting, table},
    table::policy::MOMENT,
};

/// Most documents of one price.
const MOST_SOURCES: usize = 8;

/// Either a fixed price or where to read it.
#[derive(Clone, Default)]
pub(super) struct WrittenPrice {
    fixed: Option<Fiat>,
    url: Option<Endpoint>,
    urls: Option<Vec<Endpoint>>,
    min_sources: Option<usize>,
    pointer: Option<String>,
    max_age: Option<Duration>,
    at: Option<String>,
    bounds: Option<Vec<Fiat>>,
    max_jump: Option<f64>,
    currency: Option<Currency>,
}

pub(super) fn mina_price() -> Setting<WrittenCost> {
    let parse_pointer = |text: &str| match text {
        pointer if pointer.starts_with('/') => Ok(pointer.to_owned()),
        _ => Err("must begin with a slash, write \"/mina/usd\""),
    };
    type Row = Setting<WrittenPrice>;
    let feed = Group::within(
        "daemons.NAME.cost.mina_price",
        vec![
            Row::optional("url", endpoint(), |f| &mut f.url)
                .example("\"https://example.org/prices.json\""),
            Row::optional("urls", list(Endpoint::from_str), |f| &mut f.urls),
            Row::optional("min_sources", number(1..=MOST_SOURCES), |f| &mut f.min_sources),
            Row::optional("pointer", Kind::text(parse_pointer, quote), |f| &mut f.pointer)
                .required("\"/mina/usd\"", ", the JSON pointer to the price"),
            Row::optional("max_age", duration_from(MOMENT), |f| &mut f.max_age)
                .required("\"1h\"", ""),
            Row::optional("at", Kind::text(parse_pointer, quote), |f| &mut f.at),
            Row::optional("bounds", list(Fiat::from_str), |f| &mut f.bounds),
            Row::optional("max_jump", number(1.1..=1000.0), |f| &mut f.max_jump),
            Row::optional("currency", Kind::text(Currency::try_new, quote), |f| &mut f.currency)
                .example("\"USD\""),
        ],
    );
    let several = "{ urls = [\"https://a.example.org/mina.json\", \
                   \"https://b.example.org/mina.json\"], min_sources = 2, pointer = \"/price\", \
                   max_age = \"1h\", at = \"/timestamp\", bounds = [\"0.01 USD\", \"10 USD\"], \
                   max_jump = 3.0 }";
    let example = "{ url = \"https://example.org/prices.json\", pointer = \"/mina/usd\", max_age \
                   = \"1h\", currency = \"USD\" }";
    let kind = quantity().or_nested(
        table(feed),
        |price| &mut price.fixed,
        |node| matches!(node, Node::Table(_)),
    );
    Setting::optional("mina_price", kind, |c: &mut WrittenCost| &mut c.mina_price)
        .comment(
            "Price of one MINA, fixed or read from a JSON document at a JSON pointer. Older than \
             `max_age` it is not used, and the cost is unknown.\n`currency` may be left out: it \
             is that of the other prices.",
        )
        .page(
            "`\"0.31 USD\"`, or `{ url, pointer, max_age, currency }`: read from a JSON document, \
             not used when older than `max_age`. `currency` may be left out: it is that of the \
             other prices. With `urls = [..]` the median of up to 8 documents counts, where at \
             least `min_sources` of them (by default more than half) give a price. `at` is the \
             pointer to the time of the price, which then must be younger than `max_age`: a feed \
             that froze shows. `bounds = [\"0.01 USD\", \"10 USD\"]` is what is believed at all; \
             by default 0.001 to 100 of a currency like the dollar. A price that differs from the \
             one before by more than the factor `max_jump` (3.0) counts once it was read three \
             times in a row.",
        )
        .example("\"0.31 USD\"")
        .or_example("", example)
        .or_example("or the median of several, each of which tells its time:", several)
}

impl WrittenPrice {
    /// The currency that it names.
    pub(super) fn named_currency(&self) -> Option<Currency> {
        let bound = self.bounds.iter().flatten().next();
        self.currency.or(self.fixed.or(bound.copied()).map(Fiat::currency))
    }

    /// Makes a price of it, or reports what is missing. `expenses` stands for the currency of a feed
    /// that names none.
    pub(super) fn combine(
        self,
        expenses: Option<Currency>,
        fail: &dyn Fn(&str, String),
    ) -> Option<MinaPrice> {
        if let Some(price) = self.fixed {
            return Some(MinaPrice::Static(price));
        }
        let currency = self.currency.or(expenses);
        if currency.is_none() {
            fail("mina_price.currency", "missing, write \"USD\"".to_owned());
        }
        let urls = match (self.url, self.urls.unwrap_or_default()) {
            (Some(url), urls) if urls.is_empty() => vec![url],
            (None, urls) if (1..=MOST_SOURCES).contains(&urls.len()) => urls,
            (Some(_), _) => {
                fail("mina_price.urls", "either url or urls, not both".to_owned());
                return None;
            }
            (None, urls) if urls.is_empty() => {
                let example = "missing, write \"https://example.org/prices.json\"";
                fail("mina_price.url", example.to_owned());
                return None;
            }
            (None, _) => {
                fail("mina_price.urls", format!("at most {MOST_SOURCES} addresses"));
                return None;
            }
        };
        let min_sources = self.min_sources.unwrap_or(urls.len() / 2 + 1);
        if min_sources > urls.len() {
            let message = format!("there are only {} documents", urls.len());
            fail("mina_price.min_sources", message);
            return None;
        }
        let currency = currency?;
        let bounds = match self.bounds.as_deref() {
            None => PriceBounds::usual(currency),
            Some([least, greatest]) => match PriceBounds::try_new(*least, *greatest) {
                Ok(bounds) if bounds.least().currency() == currency => Some(bounds),
                Ok(_) => {
                    fail("mina_price.bounds", format!("must be in {currency}, as the price is"));
                    return None;
                }
                Err(error) => {
                    fail("mina_price.bounds", error.to_string());
                    return None;
                }
            },
            Some(_) => {
                let example = "must be two prices, write [\"0.01 USD\", \"10 USD\"]";
                fail("mina_price.bounds", example.to_owned());
                return None;
            }
        };
        Some(MinaPrice::Quoted(PriceSource {
            urls,
            min_sources,
            pointer: self.pointer?,
            time_pointer: self.at,
            currency,
            max_age: self.max_age?,
            bounds,
            max_jump: self.max_jump.unwrap_or(PriceSource::MAX_JUMP),
        }))
    }
}

impl From<&MinaPrice> for WrittenPrice {
    fn from(price: &MinaPrice) -> Self {
        match price {
            MinaPrice::Static(price) => Self { fixed: Some(*price), ..Self::default() },
            MinaPrice::Quoted(source) => {
                let (url, urls) = match source.urls.as_slice() {
                    [url] => (Some(url.clone()), None),
                    urls => (None, Some(urls.to_vec())),
                };
                Self {
                    fixed: None,
                    url,
                    min_sources: urls.is_some().then_some(source.min_sources),
                    urls,
                    pointer: Some(source.pointer.clone()),
                    max_age: Some(source.max_age),
                    at: source.time_pointer.clone(),
                    bounds: source.bounds.map(|bounds| vec![bounds.least(), bounds.greatest()]),
                    max_jump: Some(source.max_jump),
                    currency: Some(source.currency),
                }
            }
        }
    }
}
