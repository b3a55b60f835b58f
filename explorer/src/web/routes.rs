//! Every URL.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::{App, PageError, assets, banner, download, guard, note, packed, relay};
use crate::api;
use crate::pages::{self, charity, complain, disclosure, oversight, reports};

/// Largest body of a request: the two texts of a receipt.
const BODY_BYTES_MAX: usize = 1_024;

/// All URLs, in each language.
pub fn router(app: App) -> Router {
    let pages = book().merge(society()).merge(voice()).merge(verification()).merge(data());
    let home = get(pages::home::home);
    Router::new()
        .merge(pages.clone())
        // A nested router answers its root only without the stroke at the end.
        .route("/zh/", home.clone())
        .route("/en/", home)
        .nest("/zh", pages.clone())
        .nest("/en", pages)
        .route("/health", get(banner::health))
        .route("/assets/{name}", get(assets::script))
        .route("/log/checkpoint", get(note::checkpoint))
        .route("/log/{*tile}", get(note::tile))
        .merge(api::routes())
        .fallback(|| async { PageError::NotFound("这个网址".to_owned()) })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(axum::middleware::from_fn_with_state(app.clone(), guard::guard))
        .layer(packed::layer())
        .with_state(app)
}

/// The money and the acts that moved it.
fn book() -> Router<App> {
    Router::new()
        .route("/", get(pages::home::home))
        .route("/search", get(pages::search::search))
        .route("/search.csv", get(pages::search::file))
        .route("/flows", get(pages::flows::flows))
        .route("/structure", get(pages::structure::structure))
        .route("/execution", get(pages::execution::execution))
        .route("/counties", get(pages::counties::counties))
        .route("/counties/{code}", get(pages::counties::county::county))
        .route("/allocations", get(pages::allocations::allocations))
        .route("/holdings", get(pages::holdings::holdings))
        .route("/accounts/{number}", get(pages::account::account))
        .route("/organizations", get(pages::organizations::organizations))
        .route("/organizations/{code}", get(pages::organization::organization))
        .route("/projects", get(pages::projects::projects))
        .route("/projects/{reference}", get(pages::project::project))
        .route("/notices/{notice}", get(pages::notice::notice))
        .route("/lottery", get(pages::lottery::lottery))
        .route("/entries", get(pages::entries::entries))
        .route("/entries/{index}", get(pages::entry::entry))
        .route("/movements", get(pages::movements::movements))
        .route("/rules", get(pages::rules::rules))
        .route("/rules/{key}", get(pages::rules::rule))
        .route("/trace/{account}/{direction}", get(pages::trace::trace))
        .route("/style.css", get(assets::style))
}

/// What must be published, what was given, and who looked into what.
fn society() -> Router<App> {
    Router::new()
        .route("/disclosures", get(disclosure::list::disclosures))
        .route("/disclosures/{organization}/{number}", get(disclosure::publication::publication))
        .route("/calendar", get(disclosure::calendar::calendar))
        .route("/calendar.ics", get(disclosure::ics::calendar))
        .route("/overdue", get(disclosure::overdue::overdue))
        .route("/feeds/overdue.atom", get(disclosure::feed::overdue))
        .route("/feeds/organizations/{code}", get(disclosure::feed::organization))
        .route("/giving", get(charity::giving::page))
        .route("/charities", get(charity::list::charities))
        .route("/charities/{code}", get(charity::year::charity))
        .route("/charities/{code}/declared/{year}", get(charity::declared::declared))
        .route("/charities/{code}/funds/{fund}", get(charity::fund::fund))
        .route("/campaigns/{filing}", get(charity::campaign::campaign))
        .route("/receipt", get(charity::receipt::form))
        .route("/receipt", post(charity::receipt::answer))
        .route("/oversight", get(oversight::overview))
        .route("/complaints", get(oversight::complaint::complaints))
        .route("/complaints/{organization}/{reference}", get(oversight::complaint::complaint))
        .route("/audits", get(oversight::audit::audits))
        .route("/audits/{organization}/{reference}", get(oversight::audit::audit))
        .route("/rectification", get(oversight::audit::rectification))
        .route("/samples", get(oversight::sample::samples))
        .route("/samples/{organization}/{reference}", get(oversight::sample::sample))
        .route("/credit/{code}", get(oversight::credit::credit))
        .route("/reports", get(reports::reports))
        .route("/reports/{name}", get(reports::report))
        .route("/reports/{name}/csv", get(reports::csv))
}

/// What readers say themselves, and what they are told of this site.
fn voice() -> Router<App> {
    let form = DefaultBodyLimit::max(complain::FORM_BYTES_MAX);
    Router::new()
        .route("/complain", get(complain::form).post(complain::send).layer(form))
        .route("/about", get(pages::about::about))
        .route("/method", get(pages::about::method))
        .route("/privacy", get(pages::about::privacy))
        .route("/accessibility", get(pages::about::accessibility))
        .route("/reading", get(pages::about::reading))
        .route("/subscribe", get(disclosure::subscribe::subscribe))
        .route("/feeds/projects/{reference}", get(disclosure::feed::project))
        .route("/feeds/counties/{code}", get(disclosure::feed::county))
        .route("/complain/ticket", get(complain::ticket::form).post(complain::ticket::answer))
}

/// What a reader checks without believing this site.
fn verification() -> Router<App> {
    Router::new()
        .route("/verify", get(pages::verify::verify))
        .route("/verify/genesis.json", get(relay::genesis))
        .route("/verify/checkpoint", get(relay::checkpoint))
        .route("/verify/consistency", get(relay::consistency))
        .route("/verify/head/evidence", get(relay::head_evidence))
        .route("/verify/records/{index}/evidence", get(relay::record_evidence))
        .route("/verify/records/{index}/bundle.json", get(relay::bundle))
        .route("/verify/accounts/{number}/evidence", get(relay::account_evidence))
        .route("/verify.html", get(assets::offline))
        .route("/status", get(pages::status::status))
        .route("/status/fork.json", get(pages::status::fork))
        .route("/checkpoints", get(pages::status::checkpoints))
}

/// What is taken away whole.
fn data() -> Router<App> {
    Router::new()
        .route("/data", get(pages::data::data))
        .route("/api", get(pages::data::api))
        .route("/data/{name}", get(download::file))
        .route("/data/manifests/{sha256}", get(download::manifest))
}
