//! The worker key's account with its permissions, as a daemon answers over HTTP.

use serde_json::{Value, json};
use snarkfee_core::{
    market::{Demand, LedgerAccount},
    port::{DaemonPort, LookPlan},
    units::PublicKey,
};

use crate::{
    eras::MESA_40,
    server::{KEY, answers, client, introduces, operation, synced},
};

/// The newest era's schema, in which accounts have permissions.
fn with_permissions() -> String {
    const PERMISSIONS: &str = "
        enum AccountAuthRequired { None Either Proof Signature Impossible }
        type AccountPermissions { access: AccountAuthRequired! receive: AccountAuthRequired! }
    ";
    let account = "nonce: AccountNonce\n";
    assert_eq!(MESA_40.matches(account).count(), 1);
    let of = "nonce: AccountNonce\n  permissions: AccountPermissions\n";
    [&MESA_40.replace(account, of), PERMISSIONS].concat()
}

#[tokio::test]
async fn an_account_that_demands_authorisation_is_seen_where_the_schema_shows_permissions() {
    let permits = |access: &str, receive: &str| json!({"nonce": "4", "permissions": {"access": access, "receive": receive}});
    let cases: [(Value, LedgerAccount); 6] = [
        (permits("None", "None"), LedgerAccount::Open),
        (permits("Signature", "None"), LedgerAccount::Closed(Demand::Access)),
        (permits("None", "Proof"), LedgerAccount::Closed(Demand::Receive)),
        (permits("Either", "Impossible"), LedgerAccount::Closed(Demand::Both)),
        (json!({"nonce": "4", "permissions": null}), LedgerAccount::Open),
        (Value::Null, LedgerAccount::Missing),
    ];
    for (account, expected) in cases {
        let mut server = mockito::Server::new_async().await;
        introduces(&mut server, &with_permissions()).create_async().await;
        answers(&mut server, "StatusMetrics", &synced()).create_async().await;
        let asked = operation(&mut server, "Account")
            .match_request(|request| {
                let body: Value =
                    serde_json::from_slice(request.body().expect("a body")).expect("JSON");
                let document = body["query"].as_str().expect("a document");
                document.contains("permissions") && body["variables"] == json!({"publicKey": KEY})
            })
            .with_body(json!({"data": {"account": account}}).to_string())
            .expect(1)
            .create_async()
            .await;
        let key = Some(PublicKey::try_new(KEY).expect("a key"));
        let plan = LookPlan { blocks: 20, kept: None, account: key, own_market: false };
        let look = client(&server.url()).look(&plan).await;
        assert_eq!(look.account, Some(Ok(expected)), "{account}");
        asked.assert_async().await;
    }
}
