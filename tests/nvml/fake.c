/* A pretended NVML: the calls that the sampler makes, answered from a scenario file, so that tests need no GPU.
 *
 * FAKE_NVML_SCENARIO names the scenario, FAKE_NVML_CALLS (optional) a file to which every call adds a line
 * `name gpu` (gpu is -1 where a call is about none). A scenario has one `key = value` a line, `#` begins a comment, a
 * later line wins over an earlier one, and a key that is left out is 0:
 *
 *   init_error = 18             what nvmlInit answers (an nvmlReturn_t)
 *   driver = 580.159.04         the driver's version
 *   gpus = 8                    how many GPUs; all are alike but for small differences by index
 *   name = NVIDIA H100          their name
 *   memory_mib, memory_used_mib, memory_reserved_mib, power_limit_w, power_w, temperature_c, clock_mhz,
 *   clock_max_mhz, busy_pct, sm_pct, tensor_pct, dram_pct
 *                               what they read, about
 *   reasons = 4                 the clock event reasons, as bits
 *   mig = 1                     MIG is on: utilisation answers Not Supported
 *   gpm = 1                     GPM is there
 *   pcie_generation, pcie_width what the slot can do; without them the calls answer Not Supported
 *   pcie_tx_mib_s, pcie_rx_mib_s
 *                               PCIe traffic
 *   pcie_fields = 32            fields 197 and 198 answer, in so many bits (32 or 64); else only the slow call does
 *   links = 18                  NVLinks a GPU; 0: every call about links answers Not Supported
 *   link_mbps = 26562           the speed of one, in MB/s
 *   link_tx_mib_s, link_rx_mib_s
 *                               traffic of one link
 *   link_idle_ms = 10000        until then, after nvmlInit, GPM says 0 of the links
 *   link_rung = gpm             who tells of link traffic: gpm, kib (fields 138/139), bytes (fields 202/204), none
 *   lost = 3 2000               GPU 3 is lost from 2000 ms after nvmlInit on
 *   xid = 5 79 2000             GPU 5 reports XID 79 once, 2000 ms after nvmlInit
 *   refuse = nvmlDeviceGetPowerUsage 4 3
 *                               that call answers code 4 on GPU 3 (-1: on all); a name ending in * stands for all that
 *                               begin so; up to 16 such lines. `nvmlDeviceGetFieldValues/138` and
 *                               `nvmlGpmMetricsGet/60` refuse one field or metric.
 *   still = 1                   numbers do not move with time
 *   hang = nvmlDeviceGetName    that call never comes back
 *   nvml = 13.580.159.04        the library's own version
 *   compute_mode, persistence, capability (90 for 9.0; 0: Not Supported)
 *                               how a GPU is set, and what it is
 *   pcie_generation_now, pcie_width_now
 *                               what the slot does now; without them, as much as it can
 *   level = 30                  the nearest thing in common of two GPUs (an nvmlGpuTopologyLevel_t)
 *   sockets = 2                 so many processors have the GPUs between them, and 8 cores each; across them the level is
 *                               50 (SYS); 0: no affinity is told
 *   peer_status = 1             what nvmlDeviceGetP2PStatus says of each pair (an nvmlGpuP2PStatus_t)
 *   switched = 1                the links go to NVSwitches; else to the other GPUs in turn
 *   links_down = 2              so many of the links, the last ones, are not up
 *
 * A test that wants to be master of time and errors calls fakeNvmlSetTime, fakeNvmlRefuse, fakeNvmlPostXid.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_GPUS 16
#define MAX_REFUSALS 16
#define ALL_LINKS UINT32_MAX
#define MIB 1048576.0

enum { OK = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, TIMEOUT = 10, GPU_IS_LOST = 15,
       VERSION_MISMATCH = 25, UNKNOWN = 999 };
enum { TYPE_UINT = 1, TYPE_ULL = 3 };

typedef struct { int index; } Device;
typedef struct { Device *device; int64_t t_ms; } Sample;
typedef struct { char call[80]; int code; int gpu; } Refusal;
typedef struct { int gpu; unsigned long long xid; int64_t at_ms; int pending; } Xid;

/* The layouts below are NVML's own. */
typedef struct { unsigned int gpu, memory; } Utilization;
typedef struct { unsigned int version; unsigned long long total, reserved, free, used; } MemoryV2;
typedef struct { unsigned int version, sensor; int temperature; } TemperatureV1;
typedef union { double d; unsigned int ui; unsigned long ul; unsigned long long ull; long long sll; } Value;
typedef struct {
    uint32_t field, scope;
    int64_t timestamp_us, latency_us;
    uint32_t type, result;
    Value value;
} FieldValue;
typedef struct { uint32_t metric, result; double value; const char *short_name, *long_name, *unit; } Metric;
typedef struct { uint32_t version, count; Sample *sample1, *sample2; Metric metrics[]; } MetricsGet;
typedef struct { uint32_t version, supported; } GpmSupport;
typedef struct {
    Device *device;
    unsigned long long type, data;
    unsigned int gpu_instance, compute_instance;
} EventData;

static struct {
    char name[128], driver[128], link_rung[128], hang[128], nvml[128];
    int init_error, gpus, mig, gpm, pcie_fields, links, lost, still, n_refusals, pcie_generation, pcie_width,
        compute_mode, persistence, capability, pcie_generation_now, pcie_width_now, level, sockets, peer_status,
        switched, links_down, link_idle_ms;
    int64_t lost_ms;
    unsigned long long reasons;
    double memory_mib, memory_used_mib, memory_reserved_mib, power_limit_w, power_w, temperature_c, clock_mhz,
        clock_max_mhz, busy_pct, sm_pct, tensor_pct, dram_pct, pcie_tx_mib_s, pcie_rx_mib_s, link_mbps, link_tx_mib_s,
        link_rx_mib_s;
    Refusal refusals[MAX_REFUSALS];
    Xid xid;
} world;
static Device devices[MAX_GPUS];
static int64_t began_ms, set_ms = -1;
static int initialized, live_samples, live_sets, registered[MAX_GPUS];

/* Time */

static int64_t wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t now_ms(void) { return set_ms >= 0 ? set_ms : wall_ms() - began_ms; }

void fakeNvmlSetTime(long long ms) { set_ms = ms; }

/* Between -1 and 1: there and back in twenty seconds, each GPU at another place. */
static double wave(int gpu, int64_t t_ms) {
    int64_t place = (t_ms + gpu * 1700) % 20000;
    return world.still ? 0.0 : place < 10000 ? place / 5000.0 - 1.0 : 3.0 - place / 5000.0;
}

static double moving(double base, double swing, int gpu, int64_t t_ms) {
    return base == 0.0 ? 0.0 : base + swing * wave(gpu, t_ms) + (world.still ? 0.0 : 0.1 * gpu);
}

/* What a counter has counted by then, at about `rate` a second; it never goes back. */
static double counted(double rate, int gpu, int64_t t_ms) {
    return rate * (gpu + 1) * 1000.0 + rate * t_ms / 1000.0 + rate * 0.5 * (wave(gpu, t_ms) + 1.0);
}

/* The scenario */

static void set_number(const char *key, double value) {
    struct { const char *key; double *number; } numbers[] = {
        {"memory_mib", &world.memory_mib}, {"memory_used_mib", &world.memory_used_mib},
        {"memory_reserved_mib", &world.memory_reserved_mib}, {"power_limit_w", &world.power_limit_w},
        {"power_w", &world.power_w}, {"temperature_c", &world.temperature_c}, {"clock_mhz", &world.clock_mhz},
        {"clock_max_mhz", &world.clock_max_mhz}, {"busy_pct", &world.busy_pct}, {"sm_pct", &world.sm_pct},
        {"tensor_pct", &world.tensor_pct}, {"dram_pct", &world.dram_pct}, {"pcie_tx_mib_s", &world.pcie_tx_mib_s},
        {"pcie_rx_mib_s", &world.pcie_rx_mib_s}, {"link_mbps", &world.link_mbps},
        {"link_tx_mib_s", &world.link_tx_mib_s}, {"link_rx_mib_s", &world.link_rx_mib_s}};
    struct { const char *key; int *number; } counts[] = {
        {"init_error", &world.init_error}, {"gpus", &world.gpus}, {"mig", &world.mig},
        {"pcie_generation", &world.pcie_generation}, {"pcie_width", &world.pcie_width}, {"gpm", &world.gpm},
        {"pcie_fields", &world.pcie_fields}, {"links", &world.links}, {"still", &world.still},
        {"compute_mode", &world.compute_mode}, {"persistence", &world.persistence},
        {"capability", &world.capability}, {"pcie_generation_now", &world.pcie_generation_now},
        {"pcie_width_now", &world.pcie_width_now}, {"level", &world.level}, {"sockets", &world.sockets},
        {"peer_status", &world.peer_status}, {"switched", &world.switched}, {"links_down", &world.links_down},
        {"link_idle_ms", &world.link_idle_ms}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!strcmp(key, numbers[i].key)) *numbers[i].number = value;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (!strcmp(key, counts[i].key)) *counts[i].number = (int)value;
}

/* Later refusals win, so that a test can lift one with code 0. */
void fakeNvmlRefuse(const char *call, int code, int gpu) {
    if (world.n_refusals == MAX_REFUSALS) abort();
    Refusal *refusal = &world.refusals[world.n_refusals++];
    snprintf(refusal->call, sizeof refusal->call, "%s", call);
    refusal->code = code;
    refusal->gpu = gpu;
}

void fakeNvmlPostXid(int gpu, unsigned long long xid) { world.xid = (Xid){gpu, xid, 0, 1}; }

static void take_line(const char *key, const char *value) {
    char call[80];
    int code, gpu;
    long long at;
    if (!strcmp(key, "name")) snprintf(world.name, sizeof world.name, "%s", value);
    else if (!strcmp(key, "driver")) snprintf(world.driver, sizeof world.driver, "%s", value);
    else if (!strcmp(key, "link_rung")) snprintf(world.link_rung, sizeof world.link_rung, "%s", value);
    else if (!strcmp(key, "hang")) snprintf(world.hang, sizeof world.hang, "%s", value);
    else if (!strcmp(key, "nvml")) snprintf(world.nvml, sizeof world.nvml, "%s", value);
    else if (!strcmp(key, "reasons")) world.reasons = strtoull(value, NULL, 0);
    else if (!strcmp(key, "lost") && sscanf(value, "%d %lld", &gpu, &at) == 2) {
        world.lost = gpu;
        world.lost_ms = at;
    } else if (!strcmp(key, "xid") && sscanf(value, "%d %d %lld", &gpu, &code, &at) == 3)
        world.xid = (Xid){gpu, (unsigned long long)code, at, 1};
    else if (!strcmp(key, "refuse") && sscanf(value, "%79s %d %d", call, &code, &gpu) == 3)
        fakeNvmlRefuse(call, code, gpu);
    else set_number(key, strtod(value, NULL));
}

static void load(void) {
    char line[256], key[64], value[128];
    const char *path = getenv("FAKE_NVML_SCENARIO");
    FILE *file = path ? fopen(path, "r") : NULL;
    memset(&world, 0, sizeof world);
    world.lost = -1;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, " %63[a-z_] = %127[^#\n]", key, value) == 2) {
            for (char *end = value + strlen(value); end > value && end[-1] == ' ';) *--end = 0;
            take_line(key, value);
        }
    if (file) fclose(file);
    if (world.gpus > MAX_GPUS) abort();
    for (int i = 0; i < MAX_GPUS; i++) devices[i].index = i;
}

/* Every call passes here: it is written down, and refused where the scenario says so. */

static void write_down(const char *call, int gpu) {
    const char *path = getenv("FAKE_NVML_CALLS");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file) return;
    fprintf(file, "%s %d\n", call, gpu);
    fclose(file);
}

static int matches(const char *pattern, const char *call) {
    size_t length = strlen(pattern);
    return length && pattern[length - 1] == '*' ? !strncmp(pattern, call, length - 1) : !strcmp(pattern, call);
}

static int refused(const char *call, int gpu) {
    if (gpu >= 0 && gpu == world.lost && now_ms() >= world.lost_ms) return GPU_IS_LOST;
    for (int i = world.n_refusals - 1; i >= 0; i--)
        if (matches(world.refusals[i].call, call) && (world.refusals[i].gpu < 0 || world.refusals[i].gpu == gpu))
            return world.refusals[i].code;
    return OK;
}

static int refused_part(const char *call, unsigned int part, int gpu) {
    char name[128];
    snprintf(name, sizeof name, "%s/%u", call, part);
    return refused(name, gpu);
}

static void hang(const char *call) {
    while (world.hang[0] && matches(world.hang, call)) sleep(3600);
}

static int enter(const char *call, int gpu) {
    write_down(call, gpu);
    hang(call);
    return initialized ? refused(call, gpu) : UNINITIALIZED;
}

static int enter_device(const char *call, Device *device) {
    if (device < devices || device >= devices + world.gpus) return INVALID_ARGUMENT;
    return enter(call, device->index);
}

#define ENTER(device)                                    \
    do {                                                 \
        int code_ = enter_device(__func__, device);      \
        if (code_ != OK) return code_;                   \
    } while (0)
#define ENTER_SYSTEM()                                   \
    do {                                                 \
        int code_ = enter(__func__, -1);                 \
        if (code_ != OK) return code_;                   \
    } while (0)

/* The library itself */

int nvmlInitWithFlags(unsigned int flags) {
    (void)flags;
    load();
    write_down(__func__, -1);
    hang(__func__);
    if (world.init_error) return world.init_error;
    began_ms = wall_ms();
    initialized = 1;
    return OK;
}

int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }

int nvmlShutdown(void) {
    ENTER_SYSTEM();
    initialized = 0;
    return OK;
}

const char *nvmlErrorString(int code) { return code == UNKNOWN ? "Unknown Error" : "An error of the pretended NVML"; }

int nvmlSystemGetDriverVersion(char *version, unsigned int length) {
    ENTER_SYSTEM();
    snprintf(version, length, "%s", world.driver);
    return OK;
}

int nvmlSystemGetNVMLVersion(char *version, unsigned int length) {
    ENTER_SYSTEM();
    snprintf(version, length, "%s", world.nvml);
    return world.nvml[0] ? OK : NOT_SUPPORTED;
}

int nvmlDeviceGetCount_v2(unsigned int *count) {
    ENTER_SYSTEM();
    *count = (unsigned int)world.gpus;
    return OK;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, Device **device) {
    int code = enter(__func__, (int)index);
    if (code != OK) return code;
    if (index >= (unsigned int)world.gpus) return INVALID_ARGUMENT;
    *device = &devices[index];
    return OK;
}

/* One GPU: who it is */

int nvmlDeviceGetIndex(Device *device, unsigned int *index) {
    ENTER(device);
    *index = (unsigned int)device->index;
    return OK;
}

int nvmlDeviceGetName(Device *device, char *name, unsigned int length) {
    ENTER(device);
    snprintf(name, length, "%s", world.name);
    return OK;
}

int nvmlDeviceGetUUID(Device *device, char *uuid, unsigned int length) {
    ENTER(device);
    snprintf(uuid, length, "GPU-0000000%x-fa4e-4000-8000-000000000000", device->index);
    return OK;
}

int nvmlDeviceGetMigMode(Device *device, unsigned int *current, unsigned int *pending) {
    ENTER(device);
    *current = *pending = (unsigned int)world.mig;
    return OK;
}

int nvmlDeviceGetEnforcedPowerLimit(Device *device, unsigned int *milliwatts) {
    ENTER(device);
    *milliwatts = (unsigned int)(world.power_limit_w * 1000.0);
    return OK;
}

int nvmlDeviceGetMaxClockInfo(Device *device, unsigned int type, unsigned int *mhz) {
    ENTER(device);
    if (type != 1) return NOT_SUPPORTED;
    *mhz = (unsigned int)world.clock_max_mhz;
    return OK;
}

int nvmlDeviceGetMaxPcieLinkGeneration(Device *device, unsigned int *generation) {
    ENTER(device);
    *generation = (unsigned int)world.pcie_generation;
    return world.pcie_generation ? OK : NOT_SUPPORTED;
}

int nvmlDeviceGetMaxPcieLinkWidth(Device *device, unsigned int *width) {
    ENTER(device);
    *width = (unsigned int)world.pcie_width;
    return world.pcie_width ? OK : NOT_SUPPORTED;
}

/* One GPU: how it is set, and where it sits */

typedef struct {
    char legacy[16];
    unsigned int domain, bus, device, id, subsystem;
    char bus_id[32];
} PciInfo;

static void place(int gpu, PciInfo *pci) {
    *pci = (PciInfo){.bus = 0x10u + (unsigned int)gpu};
    snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:%02X:00.0", pci->bus);
}

static int socket_of(int gpu) { return world.sockets ? gpu * world.sockets / world.gpus : 0; }

int nvmlDeviceGetComputeMode(Device *device, unsigned int *mode) {
    ENTER(device);
    *mode = (unsigned int)world.compute_mode;
    return OK;
}

int nvmlDeviceGetPersistenceMode(Device *device, unsigned int *mode) {
    ENTER(device);
    *mode = (unsigned int)world.persistence;
    return OK;
}

int nvmlDeviceGetCudaComputeCapability(Device *device, int *major, int *minor) {
    ENTER(device);
    *major = world.capability / 10;
    *minor = world.capability % 10;
    return world.capability ? OK : NOT_SUPPORTED;
}

int nvmlDeviceGetPciInfo_v3(Device *device, PciInfo *pci) {
    ENTER(device);
    place(device->index, pci);
    return OK;
}

int nvmlDeviceGetCurrPcieLinkGeneration(Device *device, unsigned int *generation) {
    ENTER(device);
    *generation = (unsigned int)(world.pcie_generation_now ? world.pcie_generation_now : world.pcie_generation);
    return *generation ? OK : NOT_SUPPORTED;
}

int nvmlDeviceGetCurrPcieLinkWidth(Device *device, unsigned int *width) {
    ENTER(device);
    *width = (unsigned int)(world.pcie_width_now ? world.pcie_width_now : world.pcie_width);
    return *width ? OK : NOT_SUPPORTED;
}

/* Eight cores a socket, the first socket's first. */
int nvmlDeviceGetCpuAffinity(Device *device, unsigned int size, unsigned long *set) {
    ENTER(device);
    if (!world.sockets) return NOT_SUPPORTED;
    memset(set, 0, size * sizeof *set);
    set[0] = 0xfful << (8 * socket_of(device->index));
    return OK;
}

int nvmlDeviceGetMemoryAffinity(Device *device, unsigned int size, unsigned long *set, unsigned int scope) {
    ENTER(device);
    if (!world.sockets) return NOT_SUPPORTED;
    if (scope != 0) return INVALID_ARGUMENT;
    memset(set, 0, size * sizeof *set);
    set[0] = 1ul << socket_of(device->index);
    return OK;
}

int nvmlDeviceGetTopologyCommonAncestor(Device *one, Device *other, unsigned int *level) {
    ENTER(one);
    ENTER(other);
    if (!world.level) return NOT_SUPPORTED;
    *level = socket_of(one->index) == socket_of(other->index) ? (unsigned int)world.level : 50;
    return OK;
}

int nvmlDeviceGetP2PStatus(Device *one, Device *other, unsigned int capability, unsigned int *status) {
    ENTER(one);
    ENTER(other);
    if (capability != 0) return INVALID_ARGUMENT;
    *status = (unsigned int)world.peer_status;
    return OK;
}

int nvmlDeviceGetNvLinkRemoteDeviceType(Device *device, unsigned int link, unsigned int *type) {
    ENTER(device);
    if (link >= (unsigned int)(world.links - world.links_down)) return INVALID_ARGUMENT;
    *type = world.switched ? 2 : 0;
    return OK;
}

int nvmlDeviceGetNvLinkRemotePciInfo_v2(Device *device, unsigned int link, PciInfo *pci) {
    ENTER(device);
    if (link >= (unsigned int)(world.links - world.links_down)) return INVALID_ARGUMENT;
    *pci = (PciInfo){.bus = 0xc0u + link % 4};
    if (!world.switched && world.gpus > 1) {
        int peer = (int)link % (world.gpus - 1);
        place(peer < device->index ? peer : peer + 1, pci);
    }
    return OK;
}

/* One GPU: how it does */

int nvmlDeviceGetUtilizationRates(Device *device, Utilization *utilization) {
    ENTER(device);
    if (world.mig) return NOT_SUPPORTED;
    utilization->gpu = (unsigned int)moving(world.busy_pct, 1.0, device->index, now_ms());
    if (utilization->gpu > 100) utilization->gpu = 100;
    utilization->memory = (unsigned int)world.dram_pct;
    return OK;
}

int nvmlDeviceGetMemoryInfo_v2(Device *device, MemoryV2 *memory) {
    ENTER(device);
    if (memory->version != (sizeof(MemoryV2) | 2 << 24)) return VERSION_MISMATCH;
    memory->total = (unsigned long long)(world.memory_mib * MIB);
    memory->reserved = (unsigned long long)(world.memory_reserved_mib * MIB);
    memory->used = (unsigned long long)(moving(world.memory_used_mib, 64.0, device->index, now_ms()) * MIB);
    memory->free = memory->total - memory->reserved - memory->used;
    return OK;
}

int nvmlDeviceGetPowerUsage(Device *device, unsigned int *milliwatts) {
    ENTER(device);
    *milliwatts = (unsigned int)(moving(world.power_w, 1.2, device->index, now_ms()) * 1000.0 + 0.5);
    return OK;
}

int nvmlDeviceGetTotalEnergyConsumption(Device *device, unsigned long long *millijoules) {
    ENTER(device);
    *millijoules = (unsigned long long)(counted(world.power_w * 1000.0, device->index, now_ms()));
    return OK;
}

static int temperature(int gpu) { return (int)(moving(world.temperature_c, 2.0, gpu, now_ms()) + 3 * (gpu % 2)); }

int nvmlDeviceGetTemperatureV(Device *device, TemperatureV1 *reading) {
    ENTER(device);
    if (reading->version != (sizeof(TemperatureV1) | 1 << 24)) return VERSION_MISMATCH;
    if (reading->sensor != 0) return INVALID_ARGUMENT;
    reading->temperature = temperature(device->index);
    return OK;
}

int nvmlDeviceGetTemperature(Device *device, unsigned int sensor, unsigned int *celsius) {
    ENTER(device);
    if (sensor != 0) return INVALID_ARGUMENT;
    *celsius = (unsigned int)temperature(device->index);
    return OK;
}

int nvmlDeviceGetClockInfo(Device *device, unsigned int type, unsigned int *mhz) {
    ENTER(device);
    if (type != 1) return NOT_SUPPORTED;
    *mhz = (unsigned int)(moving(world.clock_mhz, 30.0, device->index, now_ms()) / 15.0) * 15;
    return OK;
}

int nvmlDeviceGetCurrentClocksEventReasons(Device *device, unsigned long long *reasons) {
    ENTER(device);
    *reasons = world.reasons;
    return OK;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(Device *device, unsigned long long *reasons) {
    ENTER(device);
    *reasons = world.reasons;
    return OK;
}

int nvmlDeviceGetPcieThroughput(Device *device, unsigned int counter, unsigned int *kb_s) {
    ENTER(device);
    double mib_s = counter == 0 ? world.pcie_tx_mib_s : world.pcie_rx_mib_s;
    *kb_s = (unsigned int)(moving(mib_s, mib_s / 10.0, device->index, now_ms()) * MIB / 1000.0);
    return OK;
}

/* Links and fields */

int nvmlDeviceGetNvLinkState(Device *device, unsigned int link, unsigned int *active) {
    ENTER(device);
    if (world.links == 0) return NOT_SUPPORTED;
    if (link >= (unsigned int)world.links) return INVALID_ARGUMENT;
    *active = link < (unsigned int)(world.links - world.links_down);
    return OK;
}

/* One link's traffic differs a little from the next one's; all together it is as the scenario says. */
static double link_rate(double mib_s, uint32_t scope) {
    if (scope == ALL_LINKS) return mib_s * world.links;
    return mib_s * (1.0 + 0.002 * ((double)scope - (world.links - 1) / 2.0));
}

static int count_link(FieldValue *field, const char *rung, int gpu, double mib_s, double unit) {
    if (world.links == 0 || strcmp(world.link_rung, rung)) return NOT_SUPPORTED;
    if (field->scope != ALL_LINKS && field->scope >= (uint32_t)world.links) return INVALID_ARGUMENT;
    if (field->scope == ALL_LINKS && !strcmp(rung, "bytes")) return INVALID_ARGUMENT;
    field->type = TYPE_ULL;
    field->value.ull = (unsigned long long)counted(link_rate(mib_s, field->scope) * MIB / unit, gpu, now_ms());
    return OK;
}

static int count_pcie(FieldValue *field, int gpu, double mib_s) {
    if (!world.pcie_fields) return NOT_SUPPORTED;
    field->type = world.pcie_fields == 64 ? TYPE_ULL : TYPE_UINT;
    field->value.ull = (unsigned long long)counted(mib_s * MIB, gpu, now_ms());
    if (field->type == TYPE_UINT) field->value.ull &= UINT32_MAX;
    return OK;
}

static int tell_link(FieldValue *field, double number) {
    if (world.links == 0) return NOT_SUPPORTED;
    field->type = TYPE_UINT;
    field->value.ui = (unsigned int)number;
    return OK;
}

static int read_field(FieldValue *field, int gpu) {
    int code = refused_part("nvmlDeviceGetFieldValues", field->field, gpu);
    if (code != OK) return code;
    switch (field->field) {
        case 90: case 164: return tell_link(field, world.link_mbps);
        case 91: return tell_link(field, world.links);
        case 138: return count_link(field, "kib", gpu, world.link_tx_mib_s, 1024.0);
        case 139: return count_link(field, "kib", gpu, world.link_rx_mib_s, 1024.0);
        case 197: return count_pcie(field, gpu, world.pcie_tx_mib_s);
        case 198: return count_pcie(field, gpu, world.pcie_rx_mib_s);
        case 202: return count_link(field, "bytes", gpu, world.link_tx_mib_s, 1.0);
        case 204: return count_link(field, "bytes", gpu, world.link_rx_mib_s, 1.0);
        default: return NOT_SUPPORTED;
    }
}

int nvmlDeviceGetFieldValues(Device *device, int count, FieldValue *fields) {
    ENTER(device);
    for (int i = 0; i < count; i++) {
        fields[i].timestamp_us = (began_ms + now_ms()) * 1000;
        fields[i].latency_us = 5;
        fields[i].result = (uint32_t)read_field(&fields[i], device->index);
    }
    return OK;
}

/* GPM */

int nvmlGpmQueryDeviceSupport(Device *device, GpmSupport *support) {
    ENTER(device);
    if (support->version != 1) return VERSION_MISMATCH;
    support->supported = (uint32_t)world.gpm;
    return OK;
}

int nvmlGpmSampleAlloc(Sample **sample) {
    ENTER_SYSTEM();
    *sample = calloc(1, sizeof **sample);
    live_samples++;
    return OK;
}

int nvmlGpmSampleFree(Sample *sample) {
    ENTER_SYSTEM();
    free(sample);
    live_samples--;
    return OK;
}

int fakeNvmlLiveSamples(void) { return live_samples; }

int nvmlGpmSampleGet(Device *device, Sample *sample) {
    ENTER(device);
    if (!world.gpm) return NOT_SUPPORTED;
    *sample = (Sample){device, now_ms()};
    return OK;
}

static int gpm_link(Metric *metric, int gpu, int64_t t_ms) {
    uint32_t id = metric->metric, place = id >= 212 ? id - 212 + 36 : id - 62;
    uint32_t link = id <= 61 ? ALL_LINKS : place / 2;
    int is_received = id % 2 == 0;
    if (world.links == 0) return OK; /* and the value is 0, as on a real H100 without NVLink */
    if (strcmp(world.link_rung, "gpm")) return NOT_SUPPORTED;
    if (link != ALL_LINKS && link >= (uint32_t)world.links) return INVALID_ARGUMENT;
    if (t_ms < world.link_idle_ms) return OK;
    double mib_s = link_rate(is_received ? world.link_rx_mib_s : world.link_tx_mib_s, link);
    metric->value = moving(mib_s, mib_s / 10.0, gpu, t_ms);
    return OK;
}

static int read_metric(Metric *metric, int gpu, int64_t t_ms) {
    int code = refused_part("nvmlGpmMetricsGet", metric->metric, gpu);
    if (code != OK) return code;
    switch (metric->metric) {
        case 1: metric->value = moving(world.busy_pct, 0.5, gpu, t_ms); return OK;
        case 2: metric->value = moving(world.sm_pct, 1.5, gpu, t_ms); return OK;
        case 5: metric->value = moving(world.tensor_pct, 3.0, gpu, t_ms); return OK;
        case 10: metric->value = moving(world.dram_pct, 2.0, gpu, t_ms); return OK;
        case 20: metric->value = moving(world.pcie_tx_mib_s, world.pcie_tx_mib_s / 10.0, gpu, t_ms); return OK;
        case 21: metric->value = moving(world.pcie_rx_mib_s, world.pcie_rx_mib_s / 10.0, gpu, t_ms); return OK;
    }
    uint32_t id = metric->metric;
    return (id >= 60 && id <= 97) || (id >= 212 && id <= 247) ? gpm_link(metric, gpu, t_ms) : INVALID_ARGUMENT;
}

int nvmlGpmMetricsGet(MetricsGet *get) {
    if (get->version != 1) return VERSION_MISMATCH;
    if (!get->sample1 || !get->sample2 || get->sample1->device != get->sample2->device) return INVALID_ARGUMENT;
    ENTER(get->sample1->device);
    if (get->count == 0) return INVALID_ARGUMENT;
    int64_t apart_ms = get->sample2->t_ms - get->sample1->t_ms;
    for (uint32_t i = 0; i < get->count; i++) {
        Metric *metric = &get->metrics[i];
        metric->value = 0.0;
        metric->result = (uint32_t)read_metric(metric, get->sample1->device->index, get->sample2->t_ms);
        if (apart_ms < 100) metric->value = 0.0; /* the real one gives no error either */
    }
    return OK;
}

/* Events */

int nvmlEventSetCreate(void **set) {
    ENTER_SYSTEM();
    *set = &live_sets;
    live_sets++;
    return OK;
}

int nvmlEventSetFree(void *set) {
    ENTER_SYSTEM();
    if (set != &live_sets) return INVALID_ARGUMENT;
    live_sets--;
    return OK;
}

int fakeNvmlLiveSets(void) { return live_sets; }

int nvmlDeviceRegisterEvents(Device *device, unsigned long long types, void *set) {
    ENTER(device);
    if (set != &live_sets || types != 8) return INVALID_ARGUMENT;
    registered[device->index] = 1;
    return OK;
}

int nvmlEventSetWait_v2(void *set, EventData *event, unsigned int timeout_ms) {
    ENTER_SYSTEM();
    if (set != &live_sets || timeout_ms != 0) return INVALID_ARGUMENT;
    if (!world.xid.pending || !registered[world.xid.gpu] || now_ms() < world.xid.at_ms) return TIMEOUT;
    *event = (EventData){&devices[world.xid.gpu], 8, world.xid.xid, UINT32_MAX, UINT32_MAX};
    world.xid.pending = 0;
    return OK;
}
