//! What is deleted from a shared store, a little at a time, by whichever replica gets to it.

use deadpool_postgres::Transaction;

use super::{failure::StoreFailure, jobs::StoreJob};

/// Rows deleted at once: more than a thousand daemons record in the meantime.
const AT_ONCE: i64 = 5_000;

/// Deletes some of what is older than the cutoff, in microseconds since 1970.
pub(crate) struct Expiry {
    pub(crate) cutoff: i64,
}

impl StoreJob for Expiry {
    type Output = ();

    const DOING: &'static str = "deleting expired records";

    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), StoreFailure> {
        let looks = "DELETE FROM looks WHERE id IN (
             SELECT id FROM looks WHERE at < $1 ORDER BY at LIMIT $2)";
        let intents = "DELETE FROM intents WHERE id IN (
             SELECT id FROM intents WHERE at < $1 AND ending IS NOT NULL ORDER BY at LIMIT $2)";
        let mut deleted = 0;
        for delete in [looks, intents] {
            let statement = transaction.prepare_cached(delete).await?;
            deleted += transaction.execute(&statement, &[&self.cutoff, &AT_ONCE]).await?;
        }
        let orders = "DELETE FROM orders
             WHERE at < $1 AND id <= (SELECT min(orders_seen) FROM daemons)";
        let statement = transaction.prepare_cached(orders).await?;
        transaction.execute(&statement, &[&self.cutoff]).await?;
        if deleted == 0 {
            return Ok(());
        }
        for delete in [
            "DELETE FROM markets WHERE NOT EXISTS (
             SELECT 1 FROM looks WHERE looks.market = markets.id)
             AND NOT EXISTS (SELECT 1 FROM origins WHERE origins.market = markets.id)",
            "DELETE FROM settings WHERE NOT EXISTS (
             SELECT 1 FROM looks WHERE looks.settings = settings.id)",
        ] {
            transaction.execute(&transaction.prepare_cached(delete).await?, &[]).await?;
        }
        Ok(())
    }
}
