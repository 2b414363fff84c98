/* Stands in for the Volume Shadow Copy Service, which Wine does not have. The tables of functions come
   from mingw's own vsbackup.h, so that the product's are held against somebody else's.

   C:\vss\script has lines "CALL NUMBER CODE": the NUMBER-th call of that name (0: each) ends with CODE.
   What begins an operation succeeds, and the operation ends with it; 42309 (pending) is an operation that
   ends when it is cancelled. IsVolumeSupported with code 1 answers "no".

   The n-th volume of a set has its copy in C:\shadow<n>, which the test fills. C:\vss\calls.log has every
   call. A call at the wrong time is VSS_E_BAD_STATE, as from the service. */
#include <windows.h>
#include <vss.h>
#include <vswriter.h>
#include <vsbackup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CREATED, INITIALIZED, GATHERED, STARTED, PREPARED, COPIED, ENDED };

typedef struct {
    IVssBackupComponents face;
    LONG references;
    int state, volumes;
} COMPONENTS;

typedef struct {
    IVssAsync face;
    LONG references;
    HRESULT status;
} OPERATION;

static const GUID nobody;
static IVssBackupComponentsVtbl components_table;
static IVssAsyncVtbl operation_table;

static void note(const char *call, const WCHAR *what) {
    FILE *log = fopen("C:\\vss\\calls.log", "a");
    if (log) {
        fprintf(log, "%s%s%ls\n", call, what ? " " : "", what ? what : L"");
        fclose(log);
    }
}

/* What the script says of this call. */
static HRESULT scripted(const char *call) {
    static char names[64][32];
    static int counts[64];
    char name[32];
    int slot = 0, number;
    unsigned code;
    while (slot < 63 && names[slot][0] && strcmp(names[slot], call))
        slot++;
    strncpy(names[slot], call, sizeof(names[slot]) - 1);
    counts[slot]++;
    HRESULT result = S_OK;
    FILE *script = fopen("C:\\vss\\script", "r");
    if (script) {
        while (fscanf(script, "%31s %d %x", name, &number, &code) == 3)
            if (!strcmp(name, call) && (!number || number == counts[slot]))
                result = (HRESULT)code;
        fclose(script);
    }
    return result;
}

static HRESULT WINAPI not_there(void) {
    note("an unexpected function", NULL);
    return E_NOTIMPL;
}

/* ---- IVssAsync ---- */

static HRESULT WINAPI operation_query(IVssAsync *this, REFIID id, void **object) {
    *object = NULL;
    return E_NOINTERFACE;
}

static ULONG WINAPI operation_add(IVssAsync *this) { return InterlockedIncrement(&((OPERATION *)this)->references); }

static ULONG WINAPI operation_release(IVssAsync *this) {
    ULONG left = InterlockedDecrement(&((OPERATION *)this)->references);
    if (!left)
        HeapFree(GetProcessHeap(), 0, this);
    return left;
}

static HRESULT WINAPI operation_cancel(IVssAsync *this) {
    note("Cancel", NULL);
    ((OPERATION *)this)->status = VSS_S_ASYNC_CANCELLED;
    return S_OK;
}

static HRESULT WINAPI operation_wait(IVssAsync *this, DWORD milliseconds) {
    if (((OPERATION *)this)->status == VSS_S_ASYNC_PENDING)
        Sleep(milliseconds);
    return S_OK;
}

static HRESULT WINAPI operation_status(IVssAsync *this, HRESULT *status, INT *reserved) {
    *status = ((OPERATION *)this)->status;
    return S_OK;
}

static HRESULT begin(const char *call, IVssAsync **operation) {
    OPERATION *made = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(OPERATION));
    HRESULT code = scripted(call);
    made->face.lpVtbl = &operation_table;
    made->references = 1;
    made->status = code == S_OK ? VSS_S_ASYNC_FINISHED : code;
    *operation = &made->face;
    return S_OK;
}

/* ---- IVssBackupComponents ---- */

/* Notes a call, and whether it comes at its time. */
static HRESULT step(IVssBackupComponents *this, const char *call, const WCHAR *what, int from, int to) {
    COMPONENTS *own = (COMPONENTS *)this;
    note(call, what);
    if (own->state != from)
        return VSS_E_BAD_STATE;
    own->state = to;
    return S_OK;
}

static HRESULT WINAPI query(IVssBackupComponents *this, REFIID id, void **object) {
    *object = NULL;
    return E_NOINTERFACE;
}

static ULONG WINAPI add_reference(IVssBackupComponents *this) {
    return InterlockedIncrement(&((COMPONENTS *)this)->references);
}

static ULONG WINAPI release(IVssBackupComponents *this) {
    ULONG left = InterlockedDecrement(&((COMPONENTS *)this)->references);
    if (!left) {
        note("released", NULL);
        HeapFree(GetProcessHeap(), 0, this);
    }
    return left;
}

static HRESULT WINAPI initialize(IVssBackupComponents *this, BSTR document) {
    HRESULT code = scripted("InitializeForBackup");
    if (FAILED(code) || document) {
        note("InitializeForBackup", NULL);
        return document ? E_INVALIDARG : code;
    }
    return step(this, "InitializeForBackup", NULL, CREATED, INITIALIZED);
}

static HRESULT WINAPI set_context(IVssBackupComponents *this, LONG context) {
    WCHAR text[16];
    swprintf(text, 16, L"%lx", context);
    return step(this, "SetContext", text, INITIALIZED, INITIALIZED);
}

static HRESULT WINAPI set_state(IVssBackupComponents *this, boolean components, boolean bootable,
                                VSS_BACKUP_TYPE type, boolean partial) {
    WCHAR text[32];
    swprintf(text, 32, L"%d %d %d %d", components, bootable, type, partial);
    return step(this, "SetBackupState", text, INITIALIZED, INITIALIZED);
}

static HRESULT WINAPI gather(IVssBackupComponents *this, IVssAsync **operation) {
    HRESULT code = step(this, "GatherWriterMetadata", NULL, INITIALIZED, GATHERED);
    return FAILED(code) ? code : begin("GatherWriterMetadata", operation);
}

static HRESULT WINAPI is_supported(IVssBackupComponents *this, VSS_ID provider, VSS_PWSZ volume, WINBOOL *supported) {
    HRESULT code = scripted("IsVolumeSupported");
    note("IsVolumeSupported", volume);
    *supported = code == S_OK;
    return code == S_FALSE ? S_OK : code;
}

static HRESULT WINAPI start(IVssBackupComponents *this, VSS_ID *set) {
    HRESULT code = scripted("StartSnapshotSet");
    if (FAILED(code)) {
        note("StartSnapshotSet", NULL);
        return code;
    }
    memset(set, 7, sizeof(*set));
    return step(this, "StartSnapshotSet", NULL, GATHERED, STARTED);
}

static HRESULT WINAPI add(IVssBackupComponents *this, VSS_PWSZ volume, VSS_ID provider, VSS_ID *snapshot) {
    COMPONENTS *own = (COMPONENTS *)this;
    HRESULT code = scripted("AddToSnapshotSet");
    if (!IsEqualGUID(&provider, &nobody) || !volume[0] || volume[lstrlenW(volume) - 1] != '\\')
        code = E_INVALIDARG;
    if (FAILED(code)) {
        note("AddToSnapshotSet", volume);
        return code;
    }
    memset(snapshot, 0x50, sizeof(*snapshot));
    snapshot->Data1 = ++own->volumes;
    return step(this, "AddToSnapshotSet", volume, STARTED, STARTED);
}

static HRESULT WINAPI prepare(IVssBackupComponents *this, IVssAsync **operation) {
    HRESULT code = step(this, "PrepareForBackup", NULL, STARTED, PREPARED);
    return FAILED(code) ? code : begin("PrepareForBackup", operation);
}

static HRESULT WINAPI make(IVssBackupComponents *this, IVssAsync **operation) {
    HRESULT code = step(this, "DoSnapshotSet", NULL, PREPARED, COPIED);
    return FAILED(code) ? code : begin("DoSnapshotSet", operation);
}

static WCHAR *text(const WCHAR *content) {
    WCHAR *copy = malloc((lstrlenW(content) + 1) * sizeof(WCHAR));
    return lstrcpyW(copy, content);
}

static HRESULT WINAPI properties(IVssBackupComponents *this, VSS_ID snapshot, VSS_SNAPSHOT_PROP *answer) {
    COMPONENTS *own = (COMPONENTS *)this;
    WCHAR device[32];
    HRESULT code = scripted("GetSnapshotProperties");
    if (SUCCEEDED(code))
        code = step(this, "GetSnapshotProperties", NULL, COPIED, COPIED);
    if (FAILED(code))
        return code;
    if (!snapshot.Data1 || snapshot.Data1 > (ULONG)own->volumes || snapshot.Data4[7] != 0x50)
        return VSS_E_OBJECT_NOT_FOUND;
    swprintf(device, 32, L"\\\\?\\C:\\shadow%lu", snapshot.Data1);
    memset(answer, 0, sizeof(*answer));
    answer->m_SnapshotId = snapshot;
    answer->m_lSnapshotsCount = own->volumes;
    answer->m_pwszSnapshotDeviceObject = text(device);
    answer->m_pwszOriginatingMachine = text(L"here");
    answer->m_eStatus = VSS_SS_CREATED;
    return S_OK;
}

static HRESULT WINAPI complete(IVssBackupComponents *this, IVssAsync **operation) {
    HRESULT code = step(this, "BackupComplete", NULL, COPIED, ENDED);
    return FAILED(code) ? code : begin("BackupComplete", operation);
}

static HRESULT WINAPI give_up(IVssBackupComponents *this) {
    note("AbortBackup", NULL);
    ((COMPONENTS *)this)->state = ENDED;
    return S_OK;
}

__declspec(dllexport) void WINAPI VssFreeSnapshotPropertiesInternal(VSS_SNAPSHOT_PROP *properties) {
    free(properties->m_pwszSnapshotDeviceObject);
    free(properties->m_pwszOriginatingMachine);
    note("VssFreeSnapshotProperties", NULL);
}

__declspec(dllexport) HRESULT WINAPI CreateVssBackupComponentsInternal(IVssBackupComponents **components) {
    HRESULT code = scripted("CreateVssBackupComponents");
    note("CreateVssBackupComponents", NULL);
    if (FAILED(code))
        return code;
    for (size_t slot = 0; slot < sizeof(components_table) / sizeof(void *); slot++)
        ((void **)&components_table)[slot] = not_there;
    components_table.QueryInterface = query;
    components_table.AddRef = add_reference;
    components_table.Release = release;
    components_table.InitializeForBackup = initialize;
    components_table.SetContext = set_context;
    components_table.SetBackupState = set_state;
    components_table.GatherWriterMetadata = gather;
    components_table.IsVolumeSupported = is_supported;
    components_table.StartSnapshotSet = start;
    components_table.AddToSnapshotSet = add;
    components_table.PrepareForBackup = prepare;
    components_table.DoSnapshotSet = make;
    components_table.GetSnapshotProperties = properties;
    components_table.BackupComplete = complete;
    components_table.AbortBackup = give_up;
    operation_table.QueryInterface = operation_query;
    operation_table.AddRef = operation_add;
    operation_table.Release = operation_release;
    operation_table.Cancel = operation_cancel;
    operation_table.Wait = operation_wait;
    operation_table.QueryStatus = operation_status;
    COMPONENTS *made = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(COMPONENTS));
    made->face.lpVtbl = &components_table;
    made->references = 1;
    *components = &made->face;
    return S_OK;
}
