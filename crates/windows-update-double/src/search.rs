//! Searching.

use crate::{
    collections::Updates,
    late_binding::{no_late_binding, unscripted},
    scenario::{self, Scenario, ScriptedUpdate},
    update::Update,
};
use std::sync::{Mutex, MutexGuard, PoisonError};
use windows::{
    Win32::{
        Foundation::VARIANT_BOOL,
        System::{
            UpdateAgent::{
                ICategoryCollection, ISearchJob, ISearchResult, ISearchResult_Impl, IUpdate,
                IUpdate5, IUpdateCollection, IUpdateExceptionCollection,
                IUpdateHistoryEntryCollection, IUpdateSearcher_Impl, IUpdateSearcher2_Impl,
                IUpdateSearcher3, IUpdateSearcher3_Impl, OperationResultCode, SearchScope,
                ServerSelection, WU_E_DS_UNKNOWNSERVICE, orcSucceeded, ssDefault, ssOthers,
            },
            Variant::VARIANT,
        },
    },
    core::{BSTR, HRESULT, IUnknown, Interface, Ref, Result, implement},
};

#[implement(IUpdateSearcher3)]
pub(crate) struct Searcher {
    locale: u32,
    asked: Mutex<Asked>,
}

/// Where a search looks.
struct Asked {
    online: bool,
    server: ServerSelection,
    /// The service that counts if the server is one of the others.
    service: String,
}

impl Searcher {
    /// For sessions with this `UserLocale`, 0 for none.
    pub(crate) const fn new(locale: u32) -> Self {
        Self {
            locale,
            asked: Mutex::new(Asked {
                online: true,
                server: ssDefault,
                service: String::new(),
            }),
        }
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn localized(&self, mut update: ScriptedUpdate) -> ScriptedUpdate {
        if let Some(title) = update.titles.get(&self.locale) {
            update.title.clone_from(title);
        }
        update
    }
}

impl Asked {
    /// What the log of calls says of it; nothing of what is usual.
    fn words(&self) -> String {
        let mut words = String::new();
        if !self.online {
            words.push_str("offline ");
        }
        if self.server == ssOthers {
            words.push_str(&format!("in {} ", self.service));
        }
        words
    }
}

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

fn is_offered_by(update: &ScriptedUpdate, service: Option<&str>) -> bool {
    update.service.is_empty()
        || service.is_some_and(|service| service.eq_ignore_ascii_case(&update.service))
}

impl IUpdateSearcher_Impl for Searcher_Impl {
    fn SetOnline(&self, online: VARIANT_BOOL) -> Result<()> {
        self.asked().online = online.as_bool();
        Ok(())
    }
    fn SetServerSelection(&self, server: ServerSelection) -> Result<()> {
        self.asked().server = server;
        Ok(())
    }
    fn SetServiceID(&self, service: &BSTR) -> Result<()> {
        self.asked().service = service.to_string();
        Ok(())
    }
    /// A search that is not online finds what an earlier one found, takes no time, and does not
    /// count among those that are scripted to fail.
    fn Search(&self, criteria: &BSTR) -> Result<ISearchResult> {
        let criteria = criteria.to_string();
        let asked = self.asked();
        scenario::log(&format!("Search {}{criteria}", asked.words()));
        let service = (asked.server == ssOthers).then(|| asked.service.clone());
        let online = asked.online;
        drop(asked);
        let known = scenario::read().services;
        if let Some(service) = &service
            && !known
                .iter()
                .any(|known| known.eq_ignore_ascii_case(service))
        {
            return Err(WU_E_DS_UNKNOWNSERVICE.into());
        }
        let mut failure = 0;
        let scenario = scenario::change(|scenario| {
            if !online {
                return;
            }
            let code = scenario::hresult(&scenario.search_hresult);
            let limit = scenario.search_failures;
            let is_due = scenario.searches >= scenario.search_successes;
            scenario.searches += 1;
            if code != 0 && is_due && (limit == 0 || scenario.failed_searches < limit) {
                scenario.failed_searches += 1;
                failure = code;
            }
        });
        if online {
            scenario::take_time(&scenario);
        }
        if failure != 0 {
            return Err(HRESULT(failure).into());
        }
        let found = scenario
            .updates
            .iter()
            .filter(|update| is_found(update, &scenario, &criteria))
            .filter(|update| is_offered_by(update, service.as_deref()))
            .map(|update| {
                let update = Update(self.localized(update.clone()));
                IUpdate5::from(update).cast::<IUpdate>()
            })
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
        BeginSearch(&BSTR, Ref<IUnknown>, &VARIANT) -> ISearchJob;
        EndSearch(Ref<ISearchJob>) -> ISearchResult;
        EscapeString(&BSTR) -> BSTR;
        QueryHistory(i32, i32) -> IUpdateHistoryEntryCollection;
        Online() -> VARIANT_BOOL;
        GetTotalHistoryCount() -> i32;
        ServiceID() -> BSTR;
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
