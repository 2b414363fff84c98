//! Searching.

use crate::{
    collections::Updates,
    late_binding::{no_late_binding, unscripted},
    scenario::{self, Scenario, ScriptedUpdate},
    update::Update,
};
use windows::{
    Win32::{
        Foundation::VARIANT_BOOL,
        System::{
            UpdateAgent::{
                ICategoryCollection, ISearchJob, ISearchResult, ISearchResult_Impl, IUpdate,
                IUpdate5, IUpdateCollection, IUpdateExceptionCollection,
                IUpdateHistoryEntryCollection, IUpdateSearcher_Impl, IUpdateSearcher2_Impl,
                IUpdateSearcher3, IUpdateSearcher3_Impl, OperationResultCode, SearchScope,
                ServerSelection, orcSucceeded,
            },
            Variant::VARIANT,
        },
    },
    core::{BSTR, HRESULT, IUnknown, Interface, Ref, Result, implement},
};

#[implement(IUpdateSearcher3)]
pub(crate) struct Searcher;

/// Whether a search lists the update. Understands `IsInstalled=` and `IsHidden=`, joined by `and`.
fn is_found(update: &ScriptedUpdate, scenario: &Scenario, criteria: &str) -> bool {
    let wanted = |name: &str| {
        criteria
            .split(" and ")
            .find_map(|term| Some(term.trim().strip_prefix(name)? == "1"))
    };
    let is_superseded = scenario.updates.iter().any(|other| {
        other.is_installed
            && !update.superseded_by.is_empty()
            && other.id.eq_ignore_ascii_case(&update.superseded_by)
    });
    let looks_installed =
        update.is_installed && !update.still_offered && !update.listed_until_reboot;
    !is_superseded
        && wanted("IsInstalled=").is_none_or(|installed| installed == looks_installed)
        && wanted("IsHidden=").is_none_or(|hidden| hidden == update.is_hidden)
}

impl IUpdateSearcher_Impl for Searcher_Impl {
    fn SetOnline(&self, _: VARIANT_BOOL) -> Result<()> {
        Ok(())
    }
    fn Search(&self, criteria: &BSTR) -> Result<ISearchResult> {
        let criteria = criteria.to_string();
        scenario::log(&format!("Search {criteria}"));
        let mut failure = 0;
        let scenario = scenario::change(|scenario| {
            let code = scenario::hresult(&scenario.search_hresult);
            let limit = scenario.search_failures;
            let is_due = scenario.searches >= scenario.search_successes;
            scenario.searches += 1;
            if code != 0 && is_due && (limit == 0 || scenario.failed_searches < limit) {
                scenario.failed_searches += 1;
                failure = code;
            }
        });
        scenario::take_time(&scenario);
        if failure != 0 {
            return Err(HRESULT(failure).into());
        }
        let found = scenario
            .updates
            .iter()
            .filter(|update| is_found(update, &scenario, &criteria))
            .map(|update| IUpdate5::from(Update(update.clone())).cast::<IUpdate>())
            .collect::<Result<Vec<_>>>()?;
        let code = scenario
            .search_result_code
            .map_or(orcSucceeded, OperationResultCode);
        Ok(Found {
            code,
            updates: Updates::new(found).into(),
        }
        .into())
    }
    unscripted! {
        CanAutomaticallyUpgradeService() -> VARIANT_BOOL;
        SetCanAutomaticallyUpgradeService(VARIANT_BOOL) -> ();
        ClientApplicationID() -> BSTR;
        SetClientApplicationID(&BSTR) -> ();
        IncludePotentiallySupersededUpdates() -> VARIANT_BOOL;
        SetIncludePotentiallySupersededUpdates(VARIANT_BOOL) -> ();
        ServerSelection() -> ServerSelection;
        SetServerSelection(ServerSelection) -> ();
        BeginSearch(&BSTR, Ref<IUnknown>, &VARIANT) -> ISearchJob;
        EndSearch(Ref<ISearchJob>) -> ISearchResult;
        EscapeString(&BSTR) -> BSTR;
        QueryHistory(i32, i32) -> IUpdateHistoryEntryCollection;
        Online() -> VARIANT_BOOL;
        GetTotalHistoryCount() -> i32;
        ServiceID() -> BSTR;
        SetServiceID(&BSTR) -> ();
    }
}

impl IUpdateSearcher2_Impl for Searcher_Impl {
    unscripted! {
        IgnoreDownloadPriority() -> VARIANT_BOOL;
        SetIgnoreDownloadPriority(VARIANT_BOOL) -> ();
    }
}

impl IUpdateSearcher3_Impl for Searcher_Impl {
    unscripted! {
        SearchScope() -> SearchScope;
        SetSearchScope(SearchScope) -> ();
    }
}

#[implement(ISearchResult)]
struct Found {
    code: OperationResultCode,
    updates: IUpdateCollection,
}

impl ISearchResult_Impl for Found_Impl {
    fn ResultCode(&self) -> Result<OperationResultCode> {
        Ok(self.code)
    }
    fn Updates(&self) -> Result<IUpdateCollection> {
        Ok(self.updates.clone())
    }
    unscripted! {
        RootCategories() -> ICategoryCollection;
        Warnings() -> IUpdateExceptionCollection;
    }
}

no_late_binding!(Searcher_Impl, Found_Impl);
