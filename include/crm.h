/* crm.h: the whole C interface of libcrm, and its manual.
 *
 * libcrm is to customer data what SQLite is to tables: a library, linked into
 * your own process, that turns a stream of events into the customer. What is
 * not in this file is not part of the interface.
 *
 *   crm_store *store = NULL;
 *   crm_tenant *tenant = NULL;
 *   crm_error *error = NULL;
 *   crm_store_options options = CRM_STORE_OPTIONS_INIT;
 *   options.flags = CRM_STORE_CREATE_IF_MISSING;
 *   if (crm_store_open(crm_slice_of("data"), &options, &store, &error) < 0 ||
 *       crm_tenant_open(store, crm_slice_of("golf-club"), NULL, &tenant,
 *                       &error) < 0)
 *     return fail(error);
 *   crm_slice event = crm_slice_of("{\"id\": \"m-1\", ...}");
 *   if (crm_tenant_append_json(tenant, &event, 1, NULL, NULL, &error) < 0)
 *     return fail(error);
 *   crm_tenant_free(tenant);
 *   crm_store_close(store, NULL);
 *
 * examples/quickstart.c is the same as a whole program, and
 * examples/service.c is a service to start from.
 *
 * Words.
 *
 *   tenant     a wall within a store: nothing of one is seen from another
 *   source     the system that reports an event, for example "shop"
 *   position   the place of an event in the log: 1, 2, 3, without gaps
 *   record     what one source said about one person
 *   customer   a set of records: a person, as far as libcrm can tell
 *   version    of a customer: the position of the last event that concerns her
 *   revision   the number of an event within its record, from 0
 *   unattributed   an event that names nobody, and so belongs to nobody
 *   contested      an identifier in an event that belongs to somebody else
 *   merge      two customers become one; can be undone
 *   view       what is derived from the log; can be thrown away
 *   open part  of an event: type, source, times, numbers; readable by itself
 *   sealed part    the rest of it: readable with the person's key only
 *
 * Where to begin: crm_store_open, crm_tenant_open, crm_tenant_append_json,
 * crm_tenant_find_customer, crm_tenant_get_profile. The rest can wait.
 *
 * The rules below hold for every function, and are not said again.
 *
 * Names. crm_<noun>_<verb>. A function that can fail returns crm_status: zero
 * is success, a positive number tells something (CRM_DONE), a negative one is
 * an error. What it gives comes through `out`, before the last parameter.
 *
 * Handles (struct crm_store and others without a body) are made and freed by
 * the library. `out` is NULL whenever the call did not succeed. Every handle
 * has one destructor: crm_store_close for the store, crm_<noun>_free for all
 * others; freeing NULL does nothing. A call with a handle that is NULL answers
 * CRM_INVALID_ARGUMENT, and one whose store was closed
 * CRM_FAILED_PRECONDITION. That a handle was freed is noticed as long as it is
 * one of the last thousand or so that were (CRM_FAILED_PRECONDITION); do not
 * rely on it.
 *
 * fork(). In a child, the handles of its parent that stand for a store are
 * dead (store, tenant, snapshot, event cursor, dry run, append order): calls
 * answer CRM_FAILED_PRECONDITION, freeing them does nothing, and the store's
 * files are not touched. All others are memory, and are read and freed as in
 * the parent. Open stores after the fork, or call exec().
 *
 * Errors. The last parameter `error` may be NULL. Otherwise every call writes
 * to it: NULL on success, or an error that you free with crm_error_free. So
 * free one before you pass its place again. Nothing is kept per thread.
 *
 * Memory. Slices and arrays that go in are borrowed for the call. What comes
 * out is either owned (a handle that you free), or borrowed: a `const` pointer
 * or a slice whose life is written at the function. You never call free().
 *
 * Options. A struct that begins with struct_size. Start with its _INIT macro;
 * zero is the default of every member. A NULL pointer means all defaults. New
 * members are only added at the end: a newer library takes an older, shorter
 * struct, and an older library takes a longer one if what it does not know is
 * zero (otherwise CRM_INVALID_ARGUMENT, as for an unknown flag). Arrays in them
 * have at most 10,000 elements (CRM_TOO_LARGE).
 *
 * Records. All other structs. They have a size for good; `reserved` members
 * must be zero going in and are zero coming out.
 *
 * Text is UTF-8, and not ended by a zero unless it is said. JSON is text.
 * Times are int64_t microseconds since 1970, UTC, from 1900 up to, not
 * including, 2200; the unit of a number ends its name.
 *
 *   crm_replay_query query = CRM_REPLAY_QUERY_INIT;
 *   query.flags = CRM_QUERY_FROM;
 *   query.from_us = 1767225600000000;
 *
 * Callbacks are a function, `user_data` and `destroy`, which is called once
 * with user_data when the library no longer needs it, also when the call
 * fails (unless struct_size is none); it may be NULL. They are called on the
 * calling thread unless it is said. A callback may not throw, may not longjmp,
 * and may not call into the store. What it returns to stop a call comes back
 * unchanged as the status of that call: use a negative number, for example
 * CRM_CANCELLED.
 *
 * Threads. Each handle type says one of: *thread-safe* (any number of threads
 * at once), *one thread at a time*, or *immutable* (as thread-safe, and never
 * changes). Nobody may use a handle while another thread frees it, and a
 * thread that is in a call may not be cancelled (pthread_cancel).
 *
 *   thread-safe               store, tenant, snapshot, append order, key
 *                             provider, subscription but for _next
 *   one thread at a time      event cursor, rows of a stream, dry run, a
 *                             profile that is filled again, a match set that
 *                             is added to,
 *                             crm_subscription_next
 *   immutable                 error, buffer, import map, and everything with a
 *                             crm_..._read function
 *
 * Calls on one store from several threads do not wait for each other more than
 * they must: readers never wait for writers, and appends of several threads
 * share one write and one fsync. So use as many threads as there are requests,
 * and one store handle for all of them.
 *
 * The library never talks to the network, prints, aborts or exits. Messages
 * and log lines hold no personal data.
 *
 * Since: everything in this file is there since 0.1. Later additions say their
 * version, and are declared only with CRM_ENABLE_UNSTABLE during their first
 * release; see capi/README.md for what is promised.
 */

#ifndef CRM_INCLUDE_CRM_H_
#define CRM_INCLUDE_CRM_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CRM_API __attribute__((visibility("default")))
#else
#define CRM_API
#endif

#if defined(__cplusplus) && __cplusplus >= 201103L
#define CRM_NOEXCEPT noexcept
#else
#define CRM_NOEXCEPT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- Versions --------------------------------------------------------------
 *
 * CRM_HEADER_VERSION is that of this file, crm_version_number() that of the
 * library that was found at run time: 1,000,000 times major plus 1,000 times
 * minor plus patch. Before 1.0 compare them if you load the library yourself;
 * the soname libcrm_c.so.0 stays the same while old programs still work.
 */

#define CRM_HEADER_VERSION 1000

/* In a program that loads libcrm_c.so.0 with dlopen():
 *
 *   if (crm_version_number() / 1000 != CRM_HEADER_VERSION / 1000) give_up();
 */

/* The version of the library as a number; see above. */
CRM_API uint32_t crm_version_number(void) CRM_NOEXCEPT;

/* The version of the library as text, for example "0.1.0", ended by a zero.
 * Lives as long as the program. */
CRM_API const char* crm_version_string(void) CRM_NOEXCEPT;

/* From which sources the library was built: version and commit, or "unknown"
 * for the latter. For reports of faults. Ended by a zero; lives as long as the
 * program. */
CRM_API const char* crm_source_id(void) CRM_NOEXCEPT;

/* The format of the stores that this library makes, and the oldest one that it
 * reads. A store that is newer is refused with CRM_FORMAT_TOO_NEW, and the
 * message names both numbers. An older one opens. */
CRM_API uint32_t crm_format_version(void) CRM_NOEXCEPT;
CRM_API uint32_t crm_format_version_min(void) CRM_NOEXCEPT;

/* --- Status ----------------------------------------------------------------
 *
 * What a call answers. The numbers are frozen and are those of C++ and Python.
 * A call that answers a number from -101 to -105 has changed nothing: correct
 * it. -201 is often no error at all: there is no such person yet. After -301 to
 * -303 somebody else was there first: read again, then decide. -401 and -402
 * are a person's own word. From -501 to -503 the same call may work later, and
 * crm_error_retryable says 1. From -601 on close the store: what was
 * acknowledged is on the disk, and the message says what to look at.
 *
 * The hundreds digit is the remedy: what you can do about it.
 *
 *   switch (crm_status_remedy(status)) {
 *     case CRM_REMEDY_RETRY: return later();
 *     case CRM_REMEDY_FIX_INPUT: return answer(400);
 *     ...
 *   }
 */

/* Zero, a positive number or a negative one, see below. Not an enum, so that
 * its size is the same with every compiler. */
typedef int32_t crm_status;

enum {
  CRM_OK = 0,
  /* The end of a cursor: no error. */
  CRM_DONE = 1,

  /* Bad input: correct the call. Nothing was changed. In turn: a value that is
   * never right; over a documented limit; text that is not what it claims to
   * be; right, but not in this build or version; a closed handle or the wrong
   * order of calls. */
  CRM_INVALID_ARGUMENT = -101,
  CRM_TOO_LARGE = -102,
  CRM_MALFORMED = -103,
  CRM_UNSUPPORTED = -104,
  CRM_FAILED_PRECONDITION = -105,

  /* There is no such thing; often no error at all. */
  CRM_NOT_FOUND = -201,

  /* Conflict: read again, then decide. A condition of the request does not
   * hold; something of that name is there already; the same event id with
   * other content. */
  CRM_CONFLICT = -301,
  CRM_ALREADY_EXISTS = -302,
  CRM_ID_CONFLICT = -303,

  /* A person said no: denied by consent, or erased. */
  CRM_DENIED = -401,
  CRM_ERASED = -402,

  /* The same call may work later: somebody else has the store, or the
   * subscription; the disk is full and nothing was applied; the caller's own
   * cancel. */
  CRM_BUSY = -501,
  CRM_NO_SPACE = -502,
  CRM_CANCELLED = -503,

  /* Close the store and look at the message. Stored bytes are not what was
   * written; the log is older than what was acknowledged; written by a later
   * libcrm; the operating system refused; an earlier write failed, reopen the
   * store; the key that unwraps this data is not there; no memory (as after
   * CRM_READ_ONLY: reopen the store); a fault of libcrm. */
  CRM_CORRUPTION = -601,
  CRM_ROLLED_BACK = -602,
  CRM_FORMAT_TOO_NEW = -603,
  CRM_IO_ERROR = -604,
  CRM_READ_ONLY = -605,
  CRM_KEY_MISSING = -606,
  CRM_OUT_OF_MEMORY = -607,
  CRM_INTERNAL = -608
};

/* What the caller can do, in the order of the codes above. */
enum {
  CRM_REMEDY_NONE = 0,
  CRM_REMEDY_FIX_INPUT = 1,
  CRM_REMEDY_NOT_FOUND = 2,
  CRM_REMEDY_CONFLICT = 3,
  CRM_REMEDY_DENIED = 4,
  CRM_REMEDY_RETRY = 5,
  CRM_REMEDY_UNRECOVERABLE = 6
};

/* The name of a code, for example "INVALID_ARGUMENT"; "OK" for zero, "DONE"
 * for CRM_DONE, "UNKNOWN" for a number that is none. Ended by a zero; lives as
 * long as the program. */
CRM_API const char* crm_status_name(crm_status status) CRM_NOEXCEPT;

/* One of CRM_REMEDY_...; NONE for zero and for positive numbers. It is told by
 * the hundreds digit, so that a code of a later version has the right one, too;
 * UNRECOVERABLE for a negative number with another. */
CRM_API int32_t crm_status_remedy(crm_status status) CRM_NOEXCEPT;

/* --- Slices, errors, buffers -----------------------------------------------
 *
 * A slice is a piece of memory that somebody else owns: a record of address
 * and length in bytes. {NULL, 0} is the empty slice and the default wherever a
 * slice may be left out; an address of NULL with a length is refused. A slice
 * that comes out of a call that succeeded has an address, also when `size` is
 * zero; but mind that text in it is not ended by a zero:
 *
 *   printf("%.*s\n", (int)slice.size, slice.data);
 */

typedef struct crm_slice {
  const char* data;
  size_t size;
} crm_slice;

/* The text up to its zero. NULL gives the empty slice. The slice lives as long
 * as `text` does. */
CRM_API crm_slice crm_slice_of(const char* text) CRM_NOEXCEPT;

/* Why a call failed. Immutable. Outlives the handles of the call.
 *
 *   fprintf(stderr, "%s: %s\n", crm_status_name(crm_error_code(error)),
 *           crm_error_message(error));
 *   crm_error_free(error);
 */
typedef struct crm_error crm_error;

/* An error belongs to whoever made the call, and to no thread: it may be kept,
 * handed to another thread and freed there. A binding for another language
 * makes its exception of code and message, and frees it at once. */

/* The same number that the call answered. CRM_OK for NULL. */
CRM_API crm_status crm_error_code(const crm_error* error) CRM_NOEXCEPT;

/* One line of plain English that names the field, the row and the limit, and
 * holds no personal data. Ended by a zero; lives as long as the error. Empty
 * for NULL. */
CRM_API const char* crm_error_message(const crm_error* error) CRM_NOEXCEPT;

/* 1 when the same call may work later (CRM_REMEDY_RETRY), else 0. */
CRM_API int32_t crm_error_retryable(const crm_error* error) CRM_NOEXCEPT;

/* The error of CRM_OUT_OF_MEMORY takes no memory; it is freed all the same. */
CRM_API void crm_error_free(crm_error* error) CRM_NOEXCEPT;

/* Bytes that you own: text of any length that a call gives. Immutable. */
typedef struct crm_buffer crm_buffer;

/* For example:
 *
 *   crm_buffer *json = NULL;
 *   crm_event_view_to_json(&event, crm_tenant_name(tenant), NULL, &json,
 *                          &error);
 *   fwrite(crm_buffer_data(json), 1, crm_buffer_size(json), out);
 *   crm_buffer_free(json);
 */

/* Its bytes, never NULL, and one zero more at the end, so that text may be used
 * as a C string. Lives as long as the buffer. "" for NULL. */
CRM_API const char* crm_buffer_data(const crm_buffer* buffer) CRM_NOEXCEPT;

/* How many bytes, the zero at the end not counted. 0 for NULL. */
CRM_API size_t crm_buffer_size(const crm_buffer* buffer) CRM_NOEXCEPT;

/* As all frees of results it may be called from any thread, also when the store
 * is closed already. */

/* Overwrites the bytes, which may be personal or a key, and frees them: their
 * addresses are no longer valid. */
CRM_API void crm_buffer_free(crm_buffer* buffer) CRM_NOEXCEPT;

/* --- Keys ------------------------------------------------------------------
 *
 * Every person's data is sealed with a key of her record; those keys lie in
 * the store, wrapped by a key of the tenant; and the tenant's key lies there
 * too, wrapped by a key provider. Whoever has the files of a store but not the
 * provider's key has nothing but noise.
 *
 * The default provider of a store is a file of 32 random bytes beside its
 * directory ("<store>.key", mode 0600). Back it up apart from the store: lost,
 * the store cannot be read by anybody.
 *
 * A provider over a key management service, which wraps 32 bytes for a name:
 *
 *   static int32_t wrap(void *kms, crm_slice tenant, crm_slice key, char *out,
 *                       size_t *out_size) {
 *     if (kms_encrypt(kms, tenant, key, out, out_size)) return 0;
 *     return CRM_KEY_MISSING;
 *   }
 *   ...
 *   crm_key_provider_new(wrap, unwrap, NULL, kms, kms_close, &keys, &error);
 *   options.key_provider = keys;
 *   crm_store_open(directory, &options, &store, &error);
 *   crm_key_provider_free(keys);
 *
 * Thread-safe. A store keeps its provider alive: free your handle when you
 * like.
 */

typedef struct crm_key_provider crm_key_provider;

enum {
  /* Room for the answer of a wrapping callback, in bytes; and the size of the
   * keys that are wrapped. */
  CRM_MAX_WRAPPED_KEY_BYTES = 4096,
  CRM_KEY_BYTES = 32
};

/* Wraps or unwraps a key of `tenant`: reads `key`, writes its answer to `out`,
 * where *out_size bytes fit, and sets *out_size. An unwrapped key has
 * CRM_KEY_BYTES. Called from any thread, at most one or two times per tenant
 * and open, and two times in a rotation. Return 0; or CRM_KEY_MISSING when your
 * wrapping key is not there, CRM_CORRUPTION when `key` was not wrapped for this
 * tenant. Any other negative number is what the call fails with that needed the
 * key, but for CRM_NOT_FOUND and CRM_ERASED, which would say something else
 * there: they count as CRM_KEY_MISSING, and so does a positive number. */
typedef int32_t (*crm_key_callback)(void* user_data, crm_slice tenant,
                                    crm_slice key, char* out, size_t* out_size);

/* A step of a rotation; see crm_key_provider_options. Returns 0, or what the
 * rotation fails with, as a crm_key_callback does. Any thread. */
typedef int32_t (*crm_key_rotation_callback)(void* user_data);

/* What a provider can do beyond wrapping. Both, or none (then a rotation is
 * CRM_UNSUPPORTED): one alone is CRM_INVALID_ARGUMENT. No flags so far;
 * reserved: 0.
 *
 * begin_rotation: from now on `wrap` uses a new wrapping key, durable when it
 *   returns, and `unwrap` opens what the new one and the one before have
 *   wrapped. While the one before is still there from a rotation that was not
 *   ended, another new one is not needed: that rotation goes on.
 * end_rotation: destroys all wrapping keys but the one that `wrap` uses;
 *   nothing that the store needs is wrapped with them any more. Fine when there
 *   are none. */
typedef struct crm_key_provider_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  crm_key_rotation_callback begin_rotation;
  crm_key_rotation_callback end_rotation;
} crm_key_provider_options;

#define CRM_KEY_PROVIDER_OPTIONS_INIT \
  { sizeof(crm_key_provider_options), 0, 0, 0, 0 }

/* A provider of your own, for example over a key management service. `unwrap`
 * must give what `wrap` was given, for the same tenant only. Both are needed
 * (CRM_INVALID_ARGUMENT). `destroy` is called when neither your handle nor a
 * store holds the provider any more, from the thread that let go last. */
CRM_API crm_status crm_key_provider_new(crm_key_callback wrap,
                                        crm_key_callback unwrap,
                                        const crm_key_provider_options* options,
                                        void* user_data,
                                        void (*destroy)(void* user_data),
                                        crm_key_provider** out,
                                        crm_error** error) CRM_NOEXCEPT;

/* Flags of crm_key_file_options. CREATE_IF_MISSING: make the file when it is
 * not there. */
enum { CRM_KEY_FILE_CREATE_IF_MISSING = 1 };

/* How a key file is opened. reserved: 0. */
typedef struct crm_key_file_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
} crm_key_file_options;

#define CRM_KEY_FILE_OPTIONS_INIT \
  { sizeof(crm_key_file_options), 0, 0 }

/* The provider over a key file. Errors: CRM_KEY_MISSING (no such file),
 * CRM_INVALID_ARGUMENT (others can read it, it is no plain file, or of another
 * size), CRM_IO_ERROR. */
CRM_API crm_status crm_key_provider_open_file(
    crm_slice path, const crm_key_file_options* options, crm_key_provider** out,
    crm_error** error) CRM_NOEXCEPT;

/* A provider whose key exists in this process only: for tests. A store on disk
 * that was made with it cannot be opened by another process. */
CRM_API crm_status crm_key_provider_new_ephemeral(
    crm_key_provider** out, crm_error** error) CRM_NOEXCEPT;

/* Wraps a key of CRM_KEY_BYTES for a tenant, as a store would. For tests of a
 * provider, and for moving keys from one provider to another. */
CRM_API crm_status crm_key_provider_wrap(crm_key_provider* provider,
                                         crm_slice tenant, crm_slice key,
                                         crm_buffer** out,
                                         crm_error** error) CRM_NOEXCEPT;

/* The steps of a rotation, as crm_store_rotate_keys makes them: for tests of a
 * provider. CRM_UNSUPPORTED: it cannot. Of a key file also
 * CRM_FAILED_PRECONDITION: somebody has put another one in its place. */
CRM_API crm_status crm_key_provider_begin_rotation(
    crm_key_provider* provider, crm_error** error) CRM_NOEXCEPT;
CRM_API crm_status crm_key_provider_end_rotation(
    crm_key_provider* provider, crm_error** error) CRM_NOEXCEPT;

/* The inverse. CRM_KEY_MISSING, CRM_CORRUPTION as said above; of a key file the
 * former also for a key that it holds no more after a rotation, or does not
 * hold yet. */
CRM_API crm_status crm_key_provider_unwrap(crm_key_provider* provider,
                                           crm_slice tenant, crm_slice wrapped,
                                           crm_buffer** out,
                                           crm_error** error) CRM_NOEXCEPT;

/* Lets go of it. A store that was opened with it goes on using it. */
CRM_API void crm_key_provider_free(crm_key_provider* provider) CRM_NOEXCEPT;

/* --- Store -----------------------------------------------------------------
 *
 *   crm_store_options options = CRM_STORE_OPTIONS_INIT;
 *   options.flags = CRM_STORE_CREATE_IF_MISSING;
 *   options.default_region = crm_slice_of("ZA");
 *   options.log = to_syslog;
 *   if (crm_store_open(crm_slice_of("/var/lib/app/crm"), &options, &store,
 *                      &error) == CRM_BUSY)
 *     puts(crm_error_message(error));
 *
 * In the directory: log/ (the events, and nothing else has to survive), keys/,
 * views/ (may be deleted, and comes back at the next open), STORE, ANCHOR and
 * LOCK. Nothing in it is to be changed by hand. It is made for one user: mode
 * 0700.
 *
 * Memory: what is newer in memory than on disk (bounded by checkpoint_bytes
 * and checkpoint_records), rows that are kept (resident_bytes), blocks that
 * were read (block_cache_bytes), and the identifiers of all customers.
 *
 * A store is a directory of customer data. One process owns it; any number of
 * its threads may use it. Thread-safe, but for crm_store_close.
 */

typedef struct crm_store crm_store;

/* When an append is acknowledged. DEFAULT: as the store says; of a store:
 * SYNC. SYNC: after fsync, so that it survives a power cut. OS: after write,
 * so that it survives the death of the process, but not of the machine;
 * crm_store_sync() makes everything so far durable. */
enum {
  CRM_DURABILITY_DEFAULT = 0,
  CRM_DURABILITY_SYNC = 1,
  CRM_DURABILITY_OS = 2
};

/* Levels of log lines. */
enum { CRM_LOG_INFO = 0, CRM_LOG_WARNING = 1, CRM_LOG_ERROR = 2 };

/* Receives the store's own messages, from any thread, also while a call of
 * yours is under way; the message is borrowed. What it returns is not looked
 * at. It may not call into the store. */
typedef int32_t (*crm_log_callback)(void* user_data, int32_t level,
                                    crm_slice message);

/* Tells the time, from any thread: sets *now_us and returns 0. Nothing in
 * libcrm reads a clock by itself; recorded_at comes from here and never goes
 * backward, whatever this says. If it returns anything else, the time of the
 * last event is used again. */
typedef int32_t (*crm_clock_callback)(void* user_data, int64_t* now_us);

/* Flags of crm_store_options.
 *
 * CREATE_IF_MISSING: make the store when the directory is not there or empty.
 * ERROR_IF_EXISTS: refuse a directory that holds a store.
 * NO_BACKGROUND_THREAD: the host calls crm_store_maintain; should it forget,
 *   an append does the most urgent work itself.
 * ACCEPT_ROLLBACK: open although the log ends before what was once
 *   acknowledged. What is missing is gone; the log callback says how much.
 * UNSEALED_FOR_TESTS: personal data is stored readable, so that a test that
 *   looks for leaks can prove that it would find one. Fixed when the store is
 *   made.
 * UNCOMPRESSED: blocks on disk are not compressed, for the same tests.
 * ALLOW_UNREADABLE: open also when there are no keys, or none that open with
 *   the provider's, for a look at what is there after a loss. The store is then
 *   read-only (CRM_READ_ONLY) and shows open parts alone: replays by position,
 *   type and time give events that are CRM_EVENT_VIEW_UNREADABLE, and names,
 *   counts and crm_store_verify work as far as they need no key. All else about
 *   customers answers CRM_KEY_MISSING. Counts then know nothing of merges and
 *   erasures. Takes a replay of the log. With keys that open it does nothing;
 *   nothing is lost by looking. */
enum {
  CRM_STORE_CREATE_IF_MISSING = 1,
  CRM_STORE_ERROR_IF_EXISTS = 2,
  CRM_STORE_NO_BACKGROUND_THREAD = 4,
  CRM_STORE_ACCEPT_ROLLBACK = 8,
  CRM_STORE_UNSEALED_FOR_TESTS = 16,
  CRM_STORE_UNCOMPRESSED = 32,
  CRM_STORE_ALLOW_UNREADABLE = 64
};

/* How a store is opened.
 *
 * durability: one of CRM_DURABILITY_...
 * checkpoint_bytes, checkpoint_records: a checkpoint starts when about this
 *   many bytes of views are newer in memory than on disk, or this many log
 *   records. Together they bound the memory of the store and the time of an
 *   open after a crash. 1 MiB to 4 GiB, default 512 MiB; 1,000 to 10,000,000,
 *   default 400,000.
 * resident_bytes: about how many bytes of rows stay in memory after they were
 *   written. 16 MiB to 1 TiB, default 1 GiB.
 * block_cache_bytes: memory for blocks read from disk. 8 MiB to 64 GiB,
 *   default 64 MiB.
 * key_file: path of the default provider's file; empty: "<store>.key" beside
 *   the directory.
 * default_region: for phone numbers without a country code, ISO 3166 alpha-2,
 *   for example "ZA". Empty: only numbers that begin with + are identifiers.
 *   Fixed when the store is made; a later open must name the same or none.
 * key_provider: NULL: a file over key_file, or in memory an ephemeral one.
 *   Borrowed for the call.
 * clock: NULL: the clock of the operating system.
 * log: NULL: messages are dropped.
 * clock_destroy, log_destroy: called when the store is closed and the last of
 *   its tenants is freed, too. */
typedef struct crm_store_options {
  size_t struct_size;
  uint32_t flags;
  int32_t durability;
  uint64_t checkpoint_bytes;
  uint64_t checkpoint_records;
  uint64_t resident_bytes;
  uint64_t block_cache_bytes;
  crm_slice key_file;
  crm_slice default_region;
  crm_key_provider* key_provider;
  crm_clock_callback clock;
  void* clock_user_data;
  void (*clock_destroy)(void* user_data);
  crm_log_callback log;
  void* log_user_data;
  void (*log_destroy)(void* user_data);
} crm_store_options;

#define CRM_STORE_OPTIONS_INIT                                               \
  {                                                                          \
    sizeof(crm_store_options), 0, 0, 0, 0, 0, 0, {0, 0}, {0, 0}, 0, 0, 0, 0, \
        0, 0, 0                                                              \
  }

/* Opens the store in `directory`. Errors: CRM_NOT_FOUND (no store, and
 * CREATE_IF_MISSING is off), CRM_ALREADY_EXISTS, CRM_BUSY (another process, or
 * this one, has it open; the message names its pid), CRM_CORRUPTION,
 * CRM_ROLLED_BACK, CRM_FORMAT_TOO_NEW, CRM_KEY_MISSING, CRM_INVALID_ARGUMENT
 * (an option, a directory that others can write to, or that holds something
 * else), CRM_IO_ERROR (also: no thread to be had). Opening takes milliseconds
 * after a clean close; after a crash the tail of the log is folded first. */
CRM_API crm_status crm_store_open(crm_slice directory,
                                  const crm_store_options* options,
                                  crm_store** out,
                                  crm_error** error) CRM_NOEXCEPT;

/* A store that lives and dies with its handle; nothing touches the disk. For
 * tests, and for work that need not last. */
CRM_API crm_status crm_store_open_in_memory(const crm_store_options* options,
                                            crm_store** out,
                                            crm_error** error) CRM_NOEXCEPT;

/* Writes everything, so that the next open is quick, and frees the store; no
 * other thread may be in a call on it or begin one. Tenants stay yours to
 * free, and answer CRM_FAILED_PRECONDITION from now on.
 *
 * Two answers leave the store as it is, to be closed again later:
 * CRM_FAILED_PRECONDITION (snapshots or cursors are open: free them first; or
 * this is a child of fork) and CRM_OUT_OF_MEMORY. After all others it is gone.
 * An error loses nothing that was acknowledged: the next open takes longer. */
CRM_API crm_status crm_store_close(crm_store* store,
                                   crm_error** error) CRM_NOEXCEPT;

/* After appends with CRM_DURABILITY_OS: one fsync for many of them. A host that
 * reads from a queue appends with OS, and before it tells the queue how far it
 * is, it calls this once. */

/* Everything acknowledged so far is on the disk when this returns. */
CRM_API crm_status crm_store_sync(crm_store* store,
                                  crm_error** error) CRM_NOEXCEPT;

/* Does maintenance for about so many microseconds: keys ahead, checkpoint,
 * warming. Sets *more (unless it is NULL) to 1 when there is more to do, else
 * to 0. For stores with NO_BACKGROUND_THREAD: call it when there is time, a
 * few times a second.
 *
 *   while (idle()) crm_store_maintain(store, 10000, NULL, NULL);
 */
CRM_API crm_status crm_store_maintain(crm_store* store, uint64_t budget_us,
                                      int32_t* more,
                                      crm_error** error) CRM_NOEXCEPT;

/* Nothing is lost without it: views are derived from the log. It is for a host
 * that is about to be stopped hard, and wants its next open to be quick. */

/* Writes all views to disk now. */
CRM_API crm_status crm_store_flush(crm_store* store,
                                   crm_error** error) CRM_NOEXCEPT;

/* How a copy is made. No flags so far; reserved: 0. */
typedef struct crm_checkpoint_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
} crm_checkpoint_options;

#define CRM_CHECKPOINT_OPTIONS_INIT \
  { sizeof(crm_checkpoint_options), 0, 0 }

/* For a backup, or for a process that only looks: it opens the copy, and opens
 * a newer one when it wants to know more. Remove a copy as any directory. */

/* Makes a copy of log, views and keys in `directory`, which must not exist,
 * that another process can open beside this store with the same key provider:
 * name this store's key_file when it opens the copy. After a rotation of keys
 * it opens no more. Hard links where possible, so that it is quick; appends
 * wait meanwhile. Errors:
 * CRM_ALREADY_EXISTS, CRM_UNSUPPORTED (in memory), CRM_NO_SPACE,
 * CRM_IO_ERROR. */
CRM_API crm_status crm_store_checkpoint(crm_store* store, crm_slice directory,
                                        const crm_checkpoint_options* options,
                                        crm_error** error) CRM_NOEXCEPT;

/* What a backup holds, or a restored store.
 *
 * head: everything up to here is in it, at least. Of keys: that of the store.
 * files, bytes: how many, together. */
typedef struct crm_backup_report {
  uint64_t head;
  uint64_t files;
  uint64_t bytes;
  uint64_t reserved[2];
} crm_backup_report;

/* How a backup is made, or checked. No flags so far; reserved: 0. */
typedef struct crm_backup_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
} crm_backup_options;

#define CRM_BACKUP_OPTIONS_INIT \
  { sizeof(crm_backup_options), 0, 0 }

/* A backup is two: of the data, and of the keys. Whoever has the one without
 * the other has nothing but noise. Keep them apart, and let the keys of old
 * backups go: an erasure does not reach keys that lie elsewhere. A backup is a
 * directory of files with a list of them, BACKUP, which holds the size and the
 * BLAKE2b-256 of each. It is no store: crm_restore_store makes one of it.
 *
 *   crm_backup_store(store, data, NULL, NULL, &error);
 *   crm_backup_keys(store, keys, NULL, NULL, &error);
 */

/* Writes a backup of the data of a store to `directory`, which must not exist:
 * everything acknowledged so far, of all tenants, and no key. Appends wait for
 * a moment. `out` may be NULL. CRM_ALREADY_EXISTS, CRM_UNSUPPORTED (in memory),
 * CRM_NO_SPACE, CRM_IO_ERROR. */
CRM_API crm_status crm_backup_store(crm_store* store, crm_slice directory,
                                    const crm_backup_options* options,
                                    crm_backup_report* out,
                                    crm_error** error) CRM_NOEXCEPT;

/* The same of its keys, wrapped as they are by the key provider: whoever has
 * the backup needs that one's key, too. Replace older ones by it, rather than
 * keep them: they hold keys of people who were erased since. */
CRM_API crm_status crm_backup_keys(crm_store* store, crm_slice directory,
                                   const crm_backup_options* options,
                                   crm_backup_report* out,
                                   crm_error** error) CRM_NOEXCEPT;

/* Reads every file of a backup, of either kind, and checks it. `out` may be
 * NULL. CRM_NOT_FOUND: no backup. CRM_CORRUPTION: names the first file that is
 * not what was written. */
CRM_API crm_status crm_verify_backup(crm_slice directory,
                                     const crm_backup_options* options,
                                     crm_backup_report* out,
                                     crm_error** error) CRM_NOEXCEPT;

/* Makes a store in `directory`, which must not exist, of a backup of data and
 * one of keys; checks both first. `keys` may also be the directory of a store,
 * this one or what is left of it, that nobody has open: its keys are the newest
 * and hold the journal of erasures. What that says and the log of the backup
 * does not is erased again, under the same requests, before the store can be
 * read. Opens the new store with `options` (its key file, or provider), and
 * closes it. Nothing is left behind when it fails. `out` may be NULL. With
 * CRM_STORE_ALLOW_UNREADABLE `keys` may be empty: the restored store has none,
 * and shows nothing but open parts; who has the keys restores again with them.
 *
 * CRM_KEY_MISSING: `keys` is empty, or `options` do not open them.
 * CRM_NOT_FOUND, CRM_CORRUPTION: a backup. CRM_INVALID_ARGUMENT: the keys are
 * of another store, or one of the two is of the other kind. CRM_ALREADY_EXISTS,
 * CRM_BUSY (somebody has the store of the keys open), CRM_NO_SPACE,
 * CRM_IO_ERROR, and the errors of crm_store_open. */
CRM_API crm_status crm_restore_store(crm_slice data, crm_slice keys,
                                     crm_slice directory,
                                     const crm_store_options* options,
                                     crm_backup_report* out,
                                     crm_error** error) CRM_NOEXCEPT;

/* The region for phone numbers that have no country code, as it was set when
 * the store was made; empty: none. The buffer is yours. */
CRM_API crm_status crm_store_get_default_region(crm_store* store,
                                                crm_buffer** out,
                                                crm_error** error) CRM_NOEXCEPT;

/* Where the default key provider keeps its key; empty with another one. The
 * buffer is yours. */
CRM_API crm_status crm_store_get_key_file(crm_store* store, crm_buffer** out,
                                          crm_error** error) CRM_NOEXCEPT;

/* Names of tenants, in the order in which they were made. Immutable. */
typedef struct crm_name_list crm_name_list;

/* What a crm_name_list holds: `count` names. */
typedef struct crm_name_list_view {
  const crm_slice* names;
  size_t count;
  uint64_t reserved[2];
} crm_name_list_view;

/* How something is read: shared by the reading calls. No flags so far;
 * reserved: 0. */
typedef struct crm_read_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
} crm_read_options;

#define CRM_READ_OPTIONS_INIT \
  { sizeof(crm_read_options), 0, 0 }

/* All tenants of the store, but for those that were dropped. */
CRM_API crm_status crm_store_get_tenant_names(crm_store* store,
                                              const crm_read_options* options,
                                              crm_name_list** out,
                                              crm_error** error) CRM_NOEXCEPT;

/* The names; they live as long as the list. NULL for NULL. */
CRM_API const crm_name_list_view* crm_name_list_read(const crm_name_list* list)
    CRM_NOEXCEPT;

/* Frees the names as well. */
CRM_API void crm_name_list_free(crm_name_list* list) CRM_NOEXCEPT;

/* One tenant as crm_store_list_tenants tells.
 *
 * events: of one that was dropped, how many are noise in the log.
 * customers: those merged away or erased are not counted. 0 when the tenant was
 *   dropped, as is records.
 * dropped_position: of the record that says that it was dropped; 0: it was not,
 *   and the next three say nothing.
 * dropped_by, dropped_why: as in crm_drop_tenant_options. */
typedef struct crm_tenant_entry {
  crm_slice name;
  uint64_t events;
  uint64_t customers;
  uint64_t records;
  uint64_t dropped_position;
  int64_t dropped_at_us;
  crm_slice dropped_by;
  crm_slice dropped_why;
  uint64_t reserved[2];
} crm_tenant_entry;

/* Tenants with their counts. Immutable. */
typedef struct crm_tenant_list crm_tenant_list;

/* What a crm_tenant_list holds: in the order in which they were made. */
typedef struct crm_tenant_list_view {
  const crm_tenant_entry* tenants;
  size_t tenant_count;
  uint64_t reserved[2];
} crm_tenant_list_view;

/* All tenants with their counts, those that were dropped, too. */
CRM_API crm_status crm_store_list_tenants(crm_store* store,
                                          const crm_read_options* options,
                                          crm_tenant_list** out,
                                          crm_error** error) CRM_NOEXCEPT;

/* The tenants; they live as long as the list. NULL for NULL. */
CRM_API const crm_tenant_list_view* crm_tenant_list_read(
    const crm_tenant_list* list) CRM_NOEXCEPT;

/* Frees the tenants as well. */
CRM_API void crm_tenant_list_free(crm_tenant_list* list) CRM_NOEXCEPT;

/* A tenant that leaves is dropped. It is the erasure of everything at once, in
 * steps that are durable each, so that a crash at any point is finished by the
 * next open: a record in the log says so, and from that instant on every call
 * on one of its handles answers CRM_ERASED; its keys are destroyed, and nobody
 * can read what is sealed, in the log, in a backup, in a copy; its rows go from
 * the views, its offsets and checkpoints of subscriptions from the log.
 *
 * What stays: the records of the log as noise, with their open parts (types,
 * times, numbers, links of the ledger), because the log is one chain that can
 * still be checked; its name, which is not given again; and the record that
 * says so. A restore of an older backup does not bring the tenant back: the
 * keys say that it was dropped. Only keys that are older than that would; drop
 * it again then.
 *
 * There is no certificate, because the key that would sign it is destroyed.
 * Proofs and checkpoints of its ledger that were taken before go on to verify
 * with its public key (crm_tenant_get_ledger_key): take them before.
 *
 *   crm_drop_tenant_options options = CRM_DROP_TENANT_OPTIONS_INIT;
 *   crm_tenant_drop plan;
 *   options.flags = CRM_DROP_TENANT_DRY_RUN;
 *   crm_store_drop_tenant(store, name, &options, &plan, &error);
 *   crm_store_export(...);                   (that tenant alone: see there)
 *   options.flags = CRM_DROP_TENANT_CONFIRM;
 *   crm_store_drop_tenant(store, name, &options, NULL, &error);
 */

/* crm_drop_tenant_options.flags. DRY_RUN: say what would go, and change
 * nothing. CONFIRM: needed otherwise, since there is no way back. */
enum { CRM_DROP_TENANT_DRY_RUN = 1, CRM_DROP_TENANT_CONFIRM = 2 };

/* How a tenant is dropped. reserved: 0.
 *
 * by, why: who asked for it, and for which reason. Kept in the log in the
 *   clear, and not erased: write nothing personal. Each up to 256 bytes. */
typedef struct crm_drop_tenant_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  crm_slice by;
  crm_slice why;
} crm_drop_tenant_options;

#define CRM_DROP_TENANT_OPTIONS_INIT                        \
  {                                                         \
    sizeof(crm_drop_tenant_options), 0, 0, {0, 0}, { 0, 0 } \
  }

/* What was dropped, or would be.
 *
 * position, at_us: of the record in the log; 0: a dry run.
 * keys: of records (those made ahead, too), months and buckets.
 * holds: legal holds that are open. As long as there is one, the tenant is not
 *   dropped. */
typedef struct crm_tenant_drop {
  uint64_t position;
  int64_t at_us;
  uint64_t events;
  uint64_t customers;
  uint64_t records;
  uint64_t keys;
  uint64_t holds;
  uint64_t reserved[2];
} crm_tenant_drop;

/* Drops a tenant. Takes as long as rewriting the keys and the views; others go
 * on to append meanwhile. `out` may be NULL.
 *
 * CRM_NOT_FOUND: no such tenant. CRM_ERASED: it was dropped already.
 * CRM_FAILED_PRECONDITION: CONFIRM is missing, or somebody is held.
 * CRM_INVALID_ARGUMENT, CRM_TOO_LARGE: a text. After another error with the
 * record in the log (CRM_IO_ERROR, CRM_NO_SPACE ...) the tenant is gone for
 * every caller, and what remains is done by crm_store_maintain or the next
 * open. */
CRM_API crm_status crm_store_drop_tenant(crm_store* store, crm_slice name,
                                         const crm_drop_tenant_options* options,
                                         crm_tenant_drop* out,
                                         crm_error** error) CRM_NOEXCEPT;

/* Sets *out to 1 when the store was opened without keys (see
 * CRM_STORE_ALLOW_UNREADABLE), else to 0. */
CRM_API crm_status crm_store_is_unreadable(crm_store* store, int32_t* out,
                                           crm_error** error) CRM_NOEXCEPT;

/* Counters of one tenant: events, and of them those that belong to nobody
 * (unattributed), that named an identifier of somebody else (contested), and
 * that did not fit the schema of their type (schema_warnings); customers (those
 * that were merged away or erased are not counted), and the greatest number of
 * one so far (last_customer); records (what one source said about one person);
 * questions that nobody has answered (open_reviews); customers who were erased
 * (erased_customers), and events that came too late for them (refused_events;
 * of a snapshot always 0). */
typedef struct crm_tenant_stats {
  crm_slice tenant;
  uint64_t events;
  uint64_t customers;
  uint64_t records;
  uint64_t unattributed;
  uint64_t contested;
  uint64_t schema_warnings;
  uint64_t last_customer;
  uint64_t open_reviews;
  uint64_t erased_customers;
  uint64_t refused_events;
  uint64_t reserved[2];
} crm_tenant_stats;

/* Counters of a store. Immutable. */
typedef struct crm_store_stats crm_store_stats;

/* What a crm_store_stats holds: of one instant, but for bytes and times.
 *
 * head: the last position; events (what hosts appended) plus derived (what
 *   libcrm wrote: names, dictionaries, epochs).
 * checkpoint: views on disk are valid up to this position.
 * log_bytes, keys_bytes, views_bytes: on disk. memory_bytes: rows in memory,
 *   about.
 * prepare_ns to checkpoint_ns: where the time of appends went since open.
 * longest_pause_ns: for so long one group of requests kept the others waiting.
 * tenants: in the order in which they were made. */
typedef struct crm_store_stats_view {
  uint64_t head;
  uint64_t events;
  uint64_t derived;
  uint64_t customers;
  uint64_t records;
  uint64_t unattributed;
  uint64_t contested;
  uint64_t checkpoint;
  uint64_t log_bytes;
  uint64_t keys_bytes;
  uint64_t views_bytes;
  uint64_t memory_bytes;
  uint64_t prepare_ns;
  uint64_t sequence_ns;
  uint64_t write_ns;
  uint64_t checkpoint_ns;
  uint64_t longest_pause_ns;
  const crm_tenant_stats* tenants;
  size_t tenant_count;
  uint64_t reserved[5];
} crm_store_stats_view;

/* For a page of metrics: positions and counts are those of one instant, so that
 * head = events + derived always holds. */

/* Cheap: reads no files' contents, and holds up no append. Counters of a
 * tenant that nobody has appended to yet are all zero. */
CRM_API crm_status crm_store_get_stats(crm_store* store,
                                       const crm_read_options* options,
                                       crm_store_stats** out,
                                       crm_error** error) CRM_NOEXCEPT;

/* The counters; they live as long as `stats`. NULL for NULL. */
CRM_API const crm_store_stats_view* crm_store_stats_read(
    const crm_store_stats* stats) CRM_NOEXCEPT;

/* Frees the counters of the tenants as well. */
CRM_API void crm_store_stats_free(crm_store_stats* stats) CRM_NOEXCEPT;

/* --- Verify ----------------------------------------------------------------
 *
 *   static int32_t show(void *user_data, uint64_t done, uint64_t total) {
 *     (void)user_data;
 *     fprintf(stderr, "\r%3.0f %%", total ? 100.0 * done / total : 0.0);
 *     return interrupted ? CRM_CANCELLED : 0;
 *   }
 *   ...
 *   options.progress = show;
 *   status = crm_store_verify(store, &options, &report, &error);
 *
 * Proof that what is stored is what the log says: the log is replayed, every
 * view is rebuilt aside and compared, and each block on disk is read.
 */

/* Progress of a long call: done out of total, zero when that is not known.
 * Anything but 0 stops. */
typedef int32_t (*crm_progress_callback)(void* user_data, uint64_t done,
                                         uint64_t total);

/* How a store is verified. `progress` may be NULL; `destroy` is called before
 * the call returns. No flags so far; reserved: 0. */
typedef struct crm_verify_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_verify_options;

#define CRM_VERIFY_OPTIONS_INIT \
  { sizeof(crm_verify_options), 0, 0, 0, 0, 0 }

/* Keys grow old: somebody has left who had access to the key file, or a rule
 * says every month. A rotation wraps all of them anew:
 *
 *   crm_key_rotation_options rotation = CRM_KEY_ROTATION_OPTIONS_INIT;
 *   crm_key_rotation done;
 *   crm_store_rotate_keys(store, &rotation, &done, &error);
 *
 * The provider has a new wrapping key (a key file is written anew), each
 * tenant, too, and the old ones are destroyed. So an old key file opens nothing
 * that is copied from now on, and whatever lies in old backups of keys is dead:
 * they open with the key file of their time only, and that is the point of it.
 * Make a new backup of the keys, and of the key file, afterwards.
 *
 * Data is not sealed anew, and nothing is read otherwise: keys are wrapped in
 * keys. Takes about six seconds for a million records, and may be done while
 * the store is in use; erasures and crm_store_verify wait. Cut off at any point
 * the store opens, with the key file as it lies there, and the next call
 * completes what was begun; an open warns in the log that there is something to
 * complete. */

/* crm_key_rotation_options.flags. KEEP_OLD: the provider keeps the wrapping key
 * before: for a key file that several stores or copies use (made by
 * crm_store_checkpoint, crm_restore_store). Rotate them all, the last one
 * without it. Without it all but this one are lost. */
enum { CRM_ROTATE_KEEP_OLD = 1 };

/* How keys are rotated. reserved: 0. progress: of all keys; may be NULL.
 * `destroy` is called before the call returns. */
typedef struct crm_key_rotation_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_key_rotation_options;

#define CRM_KEY_ROTATION_OPTIONS_INIT \
  { sizeof(crm_key_rotation_options), 0, 0, 0, 0, 0 }

/* What a rotation did.
 *
 * tenants: whose keys were wrapped anew.
 * keys: of records, months and views; destroyed ones count.
 * old_destroyed: 1: the provider holds the wrapping key before no more. */
typedef struct crm_key_rotation {
  uint64_t tenants;
  uint64_t keys;
  int32_t old_destroyed;
  uint32_t reserved_word;
  uint64_t reserved[2];
} crm_key_rotation;

/* Wraps every key of a store anew. `out` may be NULL. Errors: CRM_UNSUPPORTED
 * (the provider cannot, and nothing was changed), CRM_CORRUPTION (a key is
 * damaged; then the old ones stay), CRM_NO_SPACE, CRM_IO_ERROR, CRM_READ_ONLY,
 * those of the provider, what `progress` answered. */
CRM_API crm_status
crm_store_rotate_keys(crm_store* store, const crm_key_rotation_options* options,
                      crm_key_rotation* out, crm_error** error) CRM_NOEXCEPT;

/* Something that is not as it should be: `room` is "log", "event", "identity",
 * "profile", "ledger" or "store"; customer and position are zero when there is
 * none in particular; `detail` names family and key. No personal data. */
typedef struct crm_finding {
  crm_slice room;
  crm_slice tenant;
  uint64_t customer;
  uint64_t position;
  crm_slice detail;
  uint64_t reserved[2];
} crm_finding;

/* What crm_store_verify looked at and what it found. Immutable. */
typedef struct crm_verify_report crm_verify_report;

/* What a crm_verify_report holds. The store, or the ledger, is sound when
 * findings_total is 0; `findings` are the first hundred of them.
 *
 * log_records: read. ledger_records: of these, those of ledgers; of all, or of
 *   the one that was verified.
 * opened, erased: of these, those that were compared with what they say, and
 *   those whose key is destroyed; by crm_tenant_verify_ledger with OPEN.
 * unreadable: of a store that is open without keys: records with a sealed part.
 *   What they say, and the views made of it, could not be checked. */
typedef struct crm_verify_report_view {
  uint64_t log_records;
  uint64_t view_rows;
  uint64_t findings_total;
  const crm_finding* findings;
  size_t finding_count;
  uint64_t ledger_records;
  uint64_t opened;
  uint64_t erased;
  uint64_t unreadable;
  uint64_t reserved[1];
} crm_verify_report_view;

/* Verifies the store, as long as it takes; about the time of replaying all of
 * it. Appends go on meanwhile. Not CRM_OK only when it could not be done, or
 * was stopped by `progress`: what was found is in the report.
 *
 *   if (crm_store_verify(store, NULL, &report, &error) == CRM_OK)
 *     sound = crm_verify_report_read(report)->findings_total == 0;
 */
CRM_API crm_status crm_store_verify(crm_store* store,
                                    const crm_verify_options* options,
                                    crm_verify_report** out,
                                    crm_error** error) CRM_NOEXCEPT;

/* A finding in another room than "log" is cured by closing the store, deleting
 * its directory views/ and opening it again: views come back from the log. One
 * in "log" is damage to what was stored: take the last backup. */

/* The findings; they live as long as the report. NULL for NULL. */
CRM_API const crm_verify_report_view* crm_verify_report_read(
    const crm_verify_report* report) CRM_NOEXCEPT;

/* Frees the findings as well. */
CRM_API void crm_verify_report_free(crm_verify_report* report) CRM_NOEXCEPT;

/* --- Tenant ----------------------------------------------------------------
 *
 * One tenant of a store: a wall. All events, customers and questions belong to
 * one. Thread-safe.
 */

typedef struct crm_tenant crm_tenant;

/* One process serves one tenant or thousands; a large one is better off with a
 * store of its own, since a store has one log and one sequencer. */

/* How a tenant is opened. No flags so far; reserved: 0. */
typedef struct crm_tenant_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
} crm_tenant_options;

#define CRM_TENANT_OPTIONS_INIT \
  { sizeof(crm_tenant_options), 0, 0 }

/* The tenant of this name, which is made when it is new. 1 to 128 bytes, no
 * control characters, not personal. Open it once and keep it; several handles
 * on one tenant are fine. CRM_ERASED: it was dropped. */
CRM_API crm_status crm_tenant_open(crm_store* store, crm_slice name,
                                   const crm_tenant_options* options,
                                   crm_tenant** out,
                                   crm_error** error) CRM_NOEXCEPT;

/* Names of tenants lie on the disk in the clear, as do those of types, sources
 * and namespaces: choose numbers or code words where a name would say who
 * somebody is. */

/* Its name; lives as long as the handle. Empty for NULL. */
CRM_API crm_slice crm_tenant_name(const crm_tenant* tenant) CRM_NOEXCEPT;

/* The tenant itself stays. Fine before and after the store is closed. */
CRM_API void crm_tenant_free(crm_tenant* tenant) CRM_NOEXCEPT;

/* --- Events going in -------------------------------------------------------
 *
 * An event is an immutable fact: who (identifiers), what (type, payload), when
 * (occurred_at_us), according to whom (source). It is unique by (tenant,
 * source, id) for good: appending it again changes nothing, and answers with
 * the position that it already has. So a host that is not sure whether an
 * append went through just repeats it.
 *
 * From structs:
 *
 *   crm_identifier who = {{"email", 5}, {"ada@example.com", 15}};
 *   crm_event event;
 *   memset(&event, 0, sizeof(event));
 *   event.id = crm_slice_of("b-1");
 *   event.type = crm_slice_of("teetime.booking.created");
 *   event.source = crm_slice_of("teetime");
 *   event.identifiers = &who;
 *   event.identifier_count = 1;
 *   event.payload = crm_slice_of("{\"course\": \"Links\"}");
 *   crm_tenant_append(tenant, &event, 1, NULL, &result, &error);
 *
 * A batch in which a bad event does not fail the others, with the place in the
 * host's own input; together they are exactly-once delivery from a queue:
 *
 *   crm_append_options options = CRM_APPEND_OPTIONS_INIT;
 *   options.flags = CRM_APPEND_PARTIAL;
 *   options.offset_name = crm_slice_of("orders/3");
 *   options.offset_value = crm_slice_of("4711");
 *   if (crm_tenant_append_json(tenant, lines, count, &options, &result,
 *                              &error) < 0) return fail(error);
 *   view = crm_append_result_read(result);
 *   for (i = 0; i < view->event_count; ++i) {
 *     const crm_event_outcome *outcome = &view->events[i];
 *     if (outcome->code != CRM_OK) set_aside(i, outcome->message);
 *   }
 *   crm_append_result_free(result);
 *
 * Read, decide, write, unless she has changed meanwhile:
 *
 *   crm_tenant_get_customer(tenant, ada, NULL, &customer, &error);
 *   memset(&condition, 0, sizeof(condition));
 *   condition.kind = CRM_CONDITION_CUSTOMER_VERSION;
 *   condition.customer = ada;
 *   condition.version = crm_customer_read(customer)->version;
 *   options.conditions = &condition;
 *   options.condition_count = 1;
 *   status = crm_tenant_append(tenant, &event, 1, &options, NULL, &error);
 *   if (status == CRM_CONFLICT) again();
 *
 * Positions are global, without gaps, and begin at 1. Customers and records
 * are numbers that begin at 1 within their tenant; zero is none.
 */

/* Limits. Sizes are in bytes of UTF-8; over one it is CRM_TOO_LARGE. */
enum {
  CRM_MAX_EVENT_BYTES = 1048576,   /* One JSON event. */
  CRM_MAX_PAYLOAD_BYTES = 262144,  /* Its payload. */
  CRM_MAX_JSON_DEPTH = 32,         /* The event's own object is the first. */
  CRM_MAX_IDENTIFIERS = 32,        /* Of one event. */
  CRM_MAX_ID_BYTES = 256,          /* Ids, identifiers and names. */
  CRM_MAX_REQUEST_EVENTS = 10000,  /* Of one append. */
  CRM_MAX_REQUEST_BYTES = 67108864 /* Of one append, all together. */
};

/* A limit that is exceeded is named in the message, with its field and what was
 * given, for example "event 3: payload: 300,000 bytes, at most 262,144". */

/* One value by which a person can be found. The namespace decides its class:
 *
 *   exclusive  one value per customer: authUserId, sclMemberId,
 *              teetimePlayerId, messagingContactId, customerId, aggregateId,
 *              and every name of `externalIds` (confidence 100)
 *   shareable  several people may have it: email (95), phoneNumber (85)
 *   ephemeral  a device or a browser: anonymousId, deviceId, sessionId
 *
 * name_space: 1 to 64 bytes, not personal. value: 1 to 256 bytes, as the
 * source gave it; personal. */
typedef struct crm_identifier {
  crm_slice name_space;
  crm_slice value;
} crm_identifier;

/* How an identifier is written does not matter for e-mail addresses and phone
 * numbers: "Ada@Example.com" and "ada@example.com" are one, and so are
 * "+27 82 555 0100" and, in a store whose default_region is "ZA", "082 555
 * 0100". What cannot be an identifier in its namespace is kept in the event and
 * finds nobody. */

/* crm_event.flags: occurred_at_us is set. Without it the event happened when
 * it is recorded, and occurred_at_us must be zero. */
enum { CRM_EVENT_HAS_TIME = 1 };

/* One event to append.
 *
 * id, type, source: required. 256, 128 and 128 bytes; for example
 *   "scl.member.created", from "scl". Type and source are not personal.
 * version: of the type's schema, up to 32 bytes. Empty: "1.0".
 * correlation_id, causation_id: the conversation that it belongs to, and the
 *   event that caused it. Optional; 256 bytes each.
 * payload: a JSON object; empty: {}. It is kept to the letter of each number,
 *   in the order of its keys.
 * metadata: a JSON object about the event's making, or empty.
 * identifiers: who; at most CRM_MAX_IDENTIFIERS, one per namespace. None: the
 *   event belongs to nobody. */
typedef struct crm_event {
  crm_slice id;
  crm_slice type;
  crm_slice source;
  crm_slice version;
  crm_slice correlation_id;
  crm_slice causation_id;
  crm_slice payload;
  crm_slice metadata;
  const crm_identifier* identifiers;
  size_t identifier_count;
  int64_t occurred_at_us;
  uint32_t flags;
  uint32_t reserved0;
  uint64_t reserved[4];
} crm_event;

/* Something that must hold at the instant the request is decided. If one does
 * not, the request fails with CRM_CONFLICT and nothing of it is appended.
 *
 * CUSTOMER_VERSION: her version is exactly `version`; zero: nobody yet.
 * NO_CUSTOMER, IDENTIFIER_ABSENT: `identifier` belongs to nobody.
 * CUSTOMER_EXISTS: it belongs to a customer.
 * NO_EVENT_SINCE: she has no event of `type` after the position `version`. */
enum {
  CRM_CONDITION_CUSTOMER_VERSION = 1,
  CRM_CONDITION_NO_CUSTOMER = 2,
  CRM_CONDITION_CUSTOMER_EXISTS = 3,
  CRM_CONDITION_IDENTIFIER_ABSENT = 4,
  CRM_CONDITION_NO_EVENT_SINCE = 5
};

/* `customer` says who; zero: whoever the identifier belongs to then. What a
 * kind does not use is left zero. */
typedef struct crm_condition {
  int32_t kind;
  uint32_t reserved0;
  uint64_t customer;
  crm_identifier identifier;
  uint64_t version;
  crm_slice type;
  uint64_t reserved[3];
} crm_condition;

/* What a dry run has decided so far; see crm_append_options. One thread at a
 * time, for one tenant. */
typedef struct crm_dry_run crm_dry_run;

/* What would become of a file of events, without writing any:
 *
 *   crm_dry_run_new(&dry_run, &error);
 *   options.dry_run = dry_run;
 *   while (next_batch(lines, &count)) {
 *     if (crm_tenant_append_json(tenant, lines, count, &options, &result,
 *                                &error) < 0) break;
 *     show(crm_append_result_read(result));
 *     crm_append_result_free(result);
 *   }
 *   crm_dry_run_free(dry_run);
 *
 * Used with another tenant than the first: CRM_INVALID_ARGUMENT; after its
 * store was closed: CRM_FAILED_PRECONDITION. */

/* A dry run in which nothing has been decided. It outlives its tenant. */
CRM_API crm_status crm_dry_run_new(crm_dry_run** out,
                                   crm_error** error) CRM_NOEXCEPT;

/* Nothing of what it decided remains. */
CRM_API void crm_dry_run_free(crm_dry_run* dry_run) CRM_NOEXCEPT;

/* A line in which appends of several threads stand, so that what they prepare
 * at once is decided in one order: that in which they took their places. Every
 * place that is taken must be passed, by an append or by hand. Thread-safe. */
typedef struct crm_append_order crm_append_order;

/* Batches of one file on several threads, decided in the order of the file:
 *
 *   lock(); read_batch(&batch);
 *   crm_append_order_take_place(order, &options.place, &error); unlock();
 *   options.order = order;
 *   crm_tenant_append_json(tenant, batch.lines, batch.count, &options, ...);
 */

/* An order in which nobody stands. */
CRM_API crm_status crm_append_order_new(crm_append_order** out,
                                        crm_error** error) CRM_NOEXCEPT;

/* Places are numbers from 0. Take one while you hold the lock under which the
 * input is read, so that places and input have the same order. */

/* The next place, in *place. The next two answer CRM_INVALID_ARGUMENT for a
 * place that nobody has taken. */
CRM_API crm_status crm_append_order_take_place(crm_append_order* order,
                                               uint64_t* place,
                                               crm_error** error) CRM_NOEXCEPT;

/* Returns when every place before this one has been passed. */
CRM_API crm_status crm_append_order_wait(crm_append_order* order,
                                         uint64_t place,
                                         crm_error** error) CRM_NOEXCEPT;

/* Waits, then lets the next one come: for a place without an append. Fine when
 * it was passed before. */
CRM_API crm_status crm_append_order_pass(crm_append_order* order,
                                         uint64_t place,
                                         crm_error** error) CRM_NOEXCEPT;

/* Nobody may be waiting in it. */
CRM_API void crm_append_order_free(crm_append_order* order) CRM_NOEXCEPT;

/* Flags of crm_append_options.
 *
 * PARTIAL: one bad event does not fail the others; their outcomes tell. A
 *   crm_event that is filled in wrongly (reserved members, unknown flags, NULL
 *   with a size) is no bad event, and fails the request all the same.
 * BACKFILL: old data; nobody is told or sent something because of it.
 * IGNORE_TENANT: what a JSON event names as its tenant is kept, but need not
 *   be this one. */
enum {
  CRM_APPEND_PARTIAL = 1,
  CRM_APPEND_BACKFILL = 2,
  CRM_APPEND_IGNORE_TENANT = 4
};

/* How events are appended.
 *
 * durability: one of CRM_DURABILITY_...
 * offset_name, offset_value: where the host stands in its own input, stored in
 *   the same atomic write, also when all events were duplicates; read it with
 *   crm_tenant_get_offset. Name: 1 to 128 bytes, for example "orders-topic/3",
 *   not personal; "import/" is for crm_tenant_import_file. Value: up to 1,024
 *   bytes, opaque. An empty name: none.
 * conditions: all must hold, before any event of the request counts.
 * dry_run: decide everything as a real append would, and write nothing. Calls
 *   that share one see each other's would-be events; positions in their
 *   outcomes are zero.
 * order, place: the append is decided when its place has come, and passes it,
 *   also when it fails (but not when it answers CRM_INVALID_ARGUMENT for
 *   struct_size, flags, order or place). NULL: as it comes.
 * recorded_at_us, recorded_at_count: when each event was recorded, instead of
 *   the store's clock: for restoring a log (see crm_store_import, which does
 *   it). NULL and 0: by the clock. One for each event, ascending, from 1900 up
 *   to 2199 (CRM_INVALID_ARGUMENT), and none earlier than what the store has
 *   recorded before (CRM_FAILED_PRECONDITION); what is appended later is not
 *   recorded earlier than these, whatever the clock says. */
typedef struct crm_append_options {
  size_t struct_size;
  uint32_t flags;
  int32_t durability;
  crm_slice offset_name;
  crm_slice offset_value;
  const crm_condition* conditions;
  size_t condition_count;
  crm_dry_run* dry_run;
  crm_append_order* order;
  uint64_t place;
  const int64_t* recorded_at_us;
  size_t recorded_at_count;
} crm_append_options;

#define CRM_APPEND_OPTIONS_INIT \
  { sizeof(crm_append_options), 0, 0, {0, 0}, {0, 0}, 0, 0, 0, 0, 0, 0, 0 }

/* Moving events from one store into another, with their times:
 *
 *   times[n] = event.recorded_at_us;       (of crm_event_cursor_next)
 *   lines[n] = json_of(&event);            (crm_event_view_to_json)
 *   options.recorded_at_us = times;
 *   options.recorded_at_count = count;
 *   crm_tenant_append_json(tenant, lines, count, &options, NULL, &error);
 */

/* What became of one event.
 *
 * APPENDED. DUPLICATE: already there, at `position`. INVALID: refused.
 * CONFLICT: same id, other content. ERASED: its person was erased. The last
 * three have a code and a message. */
enum {
  CRM_OUTCOME_APPENDED = 1,
  CRM_OUTCOME_DUPLICATE = 2,
  CRM_OUTCOME_INVALID = 3,
  CRM_OUTCOME_CONFLICT = 4,
  CRM_OUTCOME_ERASED = 5
};

/* crm_event_outcome.flags: the event began its record, its customer; it was
 * appended although it does not fit the schema of its type, and `message` says
 * what does not (code is CRM_OK); one of its identifiers belongs to somebody
 * else or was held back, devices aside (counted in crm_tenant_stats). */
enum {
  CRM_OUTCOME_NEW_RECORD = 1,
  CRM_OUTCOME_NEW_CUSTOMER = 2,
  CRM_OUTCOME_SCHEMA_WARNING = 4,
  CRM_OUTCOME_CONTESTED = 8
};

/* Why an identifier, or a merge, was withheld. The numbers are frozen. */
enum {
  /* It was not. */
  CRM_IDENTITY_NONE = 0,
  /* No identifier: its namespace or its value cannot be one. */
  CRM_IDENTITY_MALFORMED = 1,
  /* A value that names nobody: "anonymous", zeroes, what the tenant blocked. */
  CRM_IDENTITY_BLOCKED = 2,
  /* It would give a customer two values of one exclusive namespace. */
  CRM_IDENTITY_EXCLUSIVE_CONFLICT = 3,
  /* Somebody said that these two are not the same (an assertion). */
  CRM_IDENTITY_CANNOT_LINK = 4,
  /* Given names and birth dates of both are known, and both differ. */
  CRM_IDENTITY_CONTRADICTION = 5,
  /* Too many people share this value: it links nobody any more. */
  CRM_IDENTITY_SHARED_VALUE = 6,
  /* A limit of the tenant's: values, identifiers, records or merges. */
  CRM_IDENTITY_LIMIT = 7,
  /* A device that two known people use. */
  CRM_IDENTITY_EPHEMERAL = 8,
  /* A phone number that was not seen for long: somebody else's, perhaps. */
  CRM_IDENTITY_RECYCLED = 9,
  /* Enough to attach an event, not to merge two customers. */
  CRM_IDENTITY_BELOW_MERGE_BAR = 10,
  /* Too many merges within a minute: merging pauses. */
  CRM_IDENTITY_MERGE_BRAKE = 11,
  /* A match speaks for some of their records, and not for all of them. */
  CRM_IDENTITY_COHESION = 12,
  /* A match that is neither sure nor out of the question. */
  CRM_IDENTITY_WEAK_MATCH = 13
};

/* "exclusive_conflict" and so on; "none"; empty for a number that is none. The
 * text lives for ever. */
CRM_API crm_slice crm_identity_reason_name(int32_t reason) CRM_NOEXCEPT;

/* An identifier of an event that did not become her customer's; the event went
 * to its outcome's customer all the same.
 *
 * owner: who keeps it. Zero: nobody has it.
 * reason: one of CRM_IDENTITY_... */
typedef struct crm_withheld_identifier {
  crm_slice name_space;
  uint64_t owner;
  int32_t reason;
  uint32_t reserved0;
  uint64_t reserved[2];
} crm_withheld_identifier;

/* What became of one event of a request.
 *
 * outcome: one of CRM_OUTCOME_APPENDED and so on.
 * confidence: how sure its customer is, 0 to 100.
 * record, customer: zero: it belongs to nobody.
 * revision: its number within the record, from 0.
 * matched_by: the namespace that matched; empty when nothing did.
 * withheld: identifiers of this event that did not become her customer's.
 * merged: customers whom this event showed to be the same as `customer`: their
 *   numbers lead to her now.
 * reviews: positions of questions that it put; see crm_tenant_list_reviews. */
typedef struct crm_event_outcome {
  int32_t outcome;
  int32_t confidence;
  uint32_t flags;
  crm_status code;
  uint64_t position;
  uint64_t record;
  uint64_t customer;
  uint64_t revision;
  crm_slice matched_by;
  crm_slice message;
  const crm_withheld_identifier* withheld;
  size_t withheld_count;
  const uint64_t* merged;
  size_t merged_count;
  const uint64_t* reviews;
  size_t review_count;
  uint64_t reserved[2];
} crm_event_outcome;

/* What became of a request. Immutable. */
typedef struct crm_append_result crm_append_result;

/* What a crm_append_result holds: an outcome for each event, in the order of
 * the request, and their sums; of the appended ones `unattributed` belong to
 * nobody; of the rejected ones `erased` are of somebody who was erased since
 * they happened. `position`: the last one of this request, or the head when
 * nothing was written. */
typedef struct crm_append_result_view {
  const crm_event_outcome* events;
  size_t event_count;
  uint64_t appended;
  uint64_t duplicates;
  uint64_t rejected;
  uint64_t customers_created;
  uint64_t unattributed;
  uint64_t position;
  uint64_t erased;
  uint64_t reserved[2];
} crm_append_result_view;

/* Appends an array of events as one atomic request: the more at once, the
 * faster. CRM_OK: see the outcomes; `out` may be NULL if you do not want them.
 * Otherwise nothing was appended, and the status is that of the first bad
 * event, whose index the message names; with PARTIAL bad events are reported
 * in their outcomes instead. Errors: CRM_INVALID_ARGUMENT, CRM_TOO_LARGE,
 * CRM_MALFORMED (of an event), CRM_ID_CONFLICT, CRM_CONFLICT (a condition),
 * CRM_NO_SPACE, CRM_IO_ERROR, CRM_READ_ONLY.
 *
 * CRM_OUT_OF_MEMORY: the request counts only if it is there after the store
 * was closed and opened again; until then the store takes no more. Appending it
 * once more is the easy way to be sure. */
CRM_API crm_status crm_tenant_append(crm_tenant* tenant,
                                     const crm_event* events,
                                     size_t event_count,
                                     const crm_append_options* options,
                                     crm_append_result** out,
                                     crm_error** error) CRM_NOEXCEPT;

/* The same for JSON text, the fast way in: one event per slice, in any of the
 * three shapes of CRM_SHAPE_... Their order of keys, numbers and unknown
 * members are kept, and come out again in crm_event_view_to_json. */
CRM_API crm_status crm_tenant_append_json(crm_tenant* tenant,
                                          const crm_slice* events,
                                          size_t event_count,
                                          const crm_append_options* options,
                                          crm_append_result** out,
                                          crm_error** error) CRM_NOEXCEPT;

/* How long it takes: about ten microseconds an event in batches, and with
 * CRM_DURABILITY_SYNC one fsync for each group of requests. Whoever appends one
 * event at a time should do so from several threads, which share it.
 *
 * A request of zero events is fine: it stores its offset. */

/* The outcomes; they live as long as the result. NULL for NULL. */
CRM_API const crm_append_result_view* crm_append_result_read(
    const crm_append_result* result) CRM_NOEXCEPT;

/* Frees the outcomes as well. */
CRM_API void crm_append_result_free(crm_append_result* result) CRM_NOEXCEPT;

/* What the host stored last under this name, in a buffer that is yours.
 * CRM_NOT_FOUND: nothing yet. A service asks for it when it starts, and goes
 * on reading its input from there. */
CRM_API crm_status crm_tenant_get_offset(crm_tenant* tenant, crm_slice name,
                                         const crm_read_options* options,
                                         crm_buffer** out,
                                         crm_error** error) CRM_NOEXCEPT;

/* --- Events coming out -----------------------------------------------------
 *
 *   crm_event_view event;
 *   crm_status status;
 *   if (crm_tenant_replay(tenant, NULL, &cursor, &error) < 0) return fail();
 *   while ((status = crm_event_cursor_next(cursor, &event, &error)) == CRM_OK)
 *     use(&event);
 *   crm_event_cursor_free(cursor);
 *   if (status != CRM_DONE) return fail();
 */

/* The JSON shape in which an event came in, and goes out again.
 *
 * CRM: {id, type, version, timestamp, correlationId, tenantId, source,
 *   identity{}, payload{}, metadata{}}.
 * DOMAIN: {eventType, eventId, timestamp, aggregateId, tenantId, payload}.
 * FLAT: {eventType, eventId, customerId, timestamp, and payload fields}. */
enum { CRM_SHAPE_CRM = 1, CRM_SHAPE_DOMAIN = 2, CRM_SHAPE_FLAT = 3 };

/* crm_event_view.flags. BACKFILL: it was appended as old data. OPENED: the
 * sealed part could be read; without it the person's key is gone, or the query
 * asked for open parts only. WARNED: it did not fit the schema of its type.
 * UNTIMED: it came without a time; occurred_at_us is recorded_at_us. REDACTED:
 * payload, metadata and extra were taken out: {}, and empty. EXPIRED: what it
 * said is older than it may be kept (crm_tenant_retain); then it is not OPENED.
 * UNREADABLE: the store is open without keys (CRM_STORE_ALLOW_UNREADABLE); it
 * is not OPENED, whether or not its person was erased. */
enum {
  CRM_EVENT_VIEW_BACKFILL = 1,
  CRM_EVENT_VIEW_OPENED = 2,
  CRM_EVENT_VIEW_WARNED = 4,
  CRM_EVENT_VIEW_UNTIMED = 8,
  CRM_EVENT_VIEW_REDACTED = 16,
  CRM_EVENT_VIEW_EXPIRED = 32,
  CRM_EVENT_VIEW_UNREADABLE = 64
};

/* An event that was read as CRM_SHAPE_DOMAIN or FLAT has the same members as
 * one of CRM_SHAPE_CRM: shapes are about JSON only. */

/* One event read back.
 *
 * The open part, always there: position to version.
 *   recorded_at_us: when the store took it in; never goes backward.
 *   revision: its number within the record, from 0.
 * The sealed part, empty without OPENED: id to timestamp_text.
 *   identity, payload, metadata: JSON objects; identity and metadata may be
 *     empty.
 *   extra: a JSON object of members of the envelope that libcrm does not
 *     know, or empty.
 *   timestamp_text: the JSON token of the time as it was given, when it would
 *     be written otherwise; or empty.
 *   upcast_from: the version it was appended with, when upcasters made another
 *     one of it: version and payload are theirs. Empty: they are as appended.
 */
typedef struct crm_event_view {
  uint64_t position;
  uint64_t record;
  uint64_t customer;
  uint64_t revision;
  int64_t occurred_at_us;
  int64_t recorded_at_us;
  int32_t shape;
  uint32_t flags;
  crm_slice type;
  crm_slice source;
  crm_slice version;
  crm_slice id;
  crm_slice correlation_id;
  crm_slice causation_id;
  crm_slice identity;
  crm_slice payload;
  crm_slice metadata;
  crm_slice extra;
  crm_slice timestamp_text;
  crm_slice upcast_from;
  uint64_t reserved[4];
} crm_event_view;

/* Orders of a replay: as recorded; or as it happened, equal times by
 * position. */
enum { CRM_ORDER_POSITION = 0, CRM_ORDER_OCCURRED_AT = 1 };

/* Flags of crm_replay_query and crm_timeline_query.
 *
 * FROM, UNTIL: the member of that name is set; else it must be zero.
 * BACKWARD: from the end to the beginning (replay only).
 * OPEN_PARTS_ONLY: do not open sealed parts; several times faster (replay
 *   only).
 * OLDEST_FIRST: a timeline is newest first without it (timeline only).
 * AS_APPENDED: payloads and versions as they were appended, not as upcasters
 *   make them. */
enum {
  CRM_QUERY_FROM = 1,
  CRM_QUERY_UNTIL = 2,
  CRM_QUERY_BACKWARD = 4,
  CRM_QUERY_OPEN_PARTS_ONLY = 8,
  CRM_QUERY_OLDEST_FIRST = 16,
  CRM_QUERY_AS_APPENDED = 32
};

/* By position: as fast as the disk; the order in which hosts appended. By event
 * time: the order in which things happened, whoever was late. By customer,
 * record or type: an index is read, not the log. Both ways cost the same. */

/* Which events are wanted, and in which order. An event must be within all of
 * the bounds.
 *
 * order: one of CRM_ORDER_...
 * first, last: positions, both included. Zero: from the beginning, to the
 *   head.
 * from_us, until_us: event time, half open: from <= time < until.
 * record, customer: of one of them; at most one of the two.
 * types: any of these; none: all. */
typedef struct crm_replay_query {
  size_t struct_size;
  uint32_t flags;
  int32_t order;
  uint64_t first;
  uint64_t last;
  int64_t from_us;
  int64_t until_us;
  uint64_t record;
  uint64_t customer;
  const crm_slice* types;
  size_t type_count;
} crm_replay_query;

#define CRM_REPLAY_QUERY_INIT \
  { sizeof(crm_replay_query), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Walks over events. One thread at a time. It pins one instant: what is
 * appended meanwhile is not seen. A store cannot be closed before it is
 * freed. */
typedef struct crm_event_cursor crm_event_cursor;

/* Events of a tenant that match, as of now. A query of NULL: all of them.
 * CRM_NOT_FOUND: no such record or customer. */
CRM_API crm_status crm_tenant_replay(crm_tenant* tenant,
                                     const crm_replay_query* query,
                                     crm_event_cursor** out,
                                     crm_error** error) CRM_NOEXCEPT;

/* In detail: the cursor reads ahead by itself and holds buffers, which are used
 * again for each event. So copy what is to outlive the next call:
 *
 *   keep(event.position, strndup(event.id.data, event.id.size));
 */

/* CRM_OK with the next event in *out, CRM_DONE at the end, or an error:
 * CRM_CORRUPTION when a position is missing or bytes are damaged; the message
 * says where. Slices in *out are valid until the next call on this cursor, or
 * its free. After CRM_DONE or an error *out is all zero. After an error there
 * is no going on, lest an event be left out: CRM_FAILED_PRECONDITION. Takes no
 * memory for an event that is not larger than those before it. */
CRM_API crm_status crm_event_cursor_next(crm_event_cursor* cursor,
                                         crm_event_view* out,
                                         crm_error** error) CRM_NOEXCEPT;

/* Also before its end. */
CRM_API void crm_event_cursor_free(crm_event_cursor* cursor) CRM_NOEXCEPT;

/* Events as columns: the C stream interface of Apache Arrow, which pyarrow,
 * Polars, DuckDB and many others read without a copy; see
 * https://arrow.apache.org/docs/format/CStreamInterface.html. libcrm needs no
 * Arrow library for it. The structs are as that page gives them, guards
 * included: whoever comes first defines them. Their members belong to Arrow,
 * and so do the rules: a struct whose `release` is NULL is empty, and who holds
 * one calls its `release` once. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

#ifdef __cplusplus
extern "C" {
#endif

/* What a column is.
 *
 * format      its type: "L" uint64, "tsu:UTC" a time, "u" text, "+s" columns
 * name        "position"; of all columns: ""
 * flags       ARROW_FLAG_NULLABLE where null is possible
 * children    of "+s": the columns
 *
 * metadata and dictionary are NULL here. Memory is freed by release.
 */
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

/* The values of a column, as buffers: of numbers and times a bit for each row
 * that says whether there is a value (or NULL: there always is), and 8 bytes
 * each; of text the bits, 4 bytes for each row that say where it begins (and
 * 4 for the end of the last), and the bytes. Of "+s" only the bits, which are
 * NULL here: rows are never null.
 *
 * length      rows
 * null_count  of these, rows without a value
 * offset      zero here
 * children    of "+s": the columns. One may be taken out: copy it, and set
 *             `release` of the one in the batch to NULL
 */
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

#ifdef __cplusplus
}
#endif

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

#ifdef __cplusplus
extern "C" {
#endif

/* Arrays of one schema, one after the other, each a batch. get_schema and
 * get_next answer zero, or a number of errno; then get_last_error says why,
 * until the next call. At the end get_next gives an empty array. */
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};

#ifdef __cplusplus
}
#endif

#endif /* ARROW_C_STREAM_INTERFACE */

/* How much a batch holds.
 *
 * batch_rows    at most so many events; 1 to 1,048,576; 0: 65,536
 * batch_bytes   it ends behind the event with which its texts reach so many
 *               bytes; 1 to 1,073,741,824; 0: 16 MiB
 */
typedef struct crm_arrow_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  uint64_t batch_rows;
  uint64_t batch_bytes;
} crm_arrow_options;

#define CRM_ARROW_OPTIONS_INIT \
  { sizeof(crm_arrow_options), 0, 0, 0, 0 }

/* Makes *out a stream of what the cursor walks over, from where it stands. Its
 * columns, a row for each event; columns may be added behind these:
 *
 *   position        uint64
 *   type            utf8
 *   source          utf8
 *   version         utf8
 *   occurred_at     timestamp, microseconds, UTC
 *   recorded_at     the same
 *   record          uint64, null: unattributed
 *   customer        uint64, null: unattributed
 *   revision        uint64
 *   id              utf8, null: not opened (CRM_EVENT_VIEW_OPENED)
 *   correlation_id  utf8, null: none, or not opened
 *   causation_id    utf8, the same
 *   identity        utf8, a JSON object; the same
 *   payload         utf8, a JSON object; null: not opened
 *   metadata        utf8, a JSON object; null: none, or not opened
 *
 *   struct ArrowArrayStream stream;
 *   if (crm_event_cursor_to_arrow(cursor, NULL, &stream, &error) == CRM_OK)
 *     hand_over(&stream);
 *
 * The cursor is then the stream's: do not use or free it, but release the
 * stream before the store is closed. When the call fails the cursor is yours as
 * before, and *out is empty.
 *
 * What fails on the way, for example a damaged log or a use after fork(), is
 * the stream's error: get_next answers EIO, EINVAL or ENOMEM, then and ever
 * after. Batches that were given live on by themselves. One thread at a time,
 * any thread; nothing of a stream or batch may be touched by two at once. */
CRM_API crm_status crm_event_cursor_to_arrow(crm_event_cursor* cursor,
                                             const crm_arrow_options* options,
                                             struct ArrowArrayStream* out,
                                             crm_error** error) CRM_NOEXCEPT;

/* The other way: the rows of a stream as events. One thread at a time.
 *
 *   crm_slice json;
 *   while ((status = crm_arrow_events_next(rows, &json, &error)) == CRM_OK)
 *     keep_a_copy(json);  // For crm_tenant_append_json.
 */
typedef struct crm_arrow_events crm_arrow_events;

/* Takes the stream: *stream is released already when this returns, whatever it
 * answers, and what it was is released with *out. What it says is believed, as
 * the interface asks: a stream from somebody who lies is not safe to read.
 * Columns are found by their names, those that crm_event_cursor_to_arrow
 * writes:
 *
 *   id, type, source                       text; needed, and never null
 *   occurred_at                            timestamp of any unit with a time
 *                                          zone (its values are UTC), or text
 *                                          as in an event; null: no time
 *   version, correlation_id, causation_id  text; null: none
 *   identity, payload, metadata            text, a JSON object; null: none
 *
 * position, recorded_at, record, customer and revision are passed over: an
 * append makes its own. Text is utf8, large_utf8 or utf8_view, dictionaries of
 * these, or a column of type null. *out lives without the store.
 *
 * CRM_INVALID_ARGUMENT: the stream is NULL or released, is no struct of
 * columns, or a column is missing, there twice, of another type, or unknown
 * (nobody would see that it was lost). CRM_IO_ERROR: the stream's own error,
 * with its text; CRM_OUT_OF_MEMORY if that is ENOMEM. */
CRM_API crm_status crm_arrow_events_open(struct ArrowArrayStream* stream,
                                         const crm_read_options* options,
                                         crm_arrow_events** out,
                                         crm_error** error) CRM_NOEXCEPT;

/* The next row as the JSON text of an event, in CRM_SHAPE_CRM; borrowed until
 * the next call on `rows`. CRM_DONE: the end; *json is then empty. What is in
 * the columns is checked when it is appended, but for what would make another
 * event of it.
 *
 * CRM_MALFORMED: a row is null, one of the columns that are needed is, a member
 * is no JSON object, or a time is finer than a microsecond or out of range; it
 * names row (from 0) and column, and the next call goes on behind the row.
 * CRM_IO_ERROR, CRM_OUT_OF_MEMORY: the stream's own error; it comes again. */
CRM_API crm_status crm_arrow_events_next(crm_arrow_events* rows,
                                         crm_slice* json,
                                         crm_error** error) CRM_NOEXCEPT;

/* Frees the rows and releases the stream. NULL: nothing happens. */
CRM_API void crm_arrow_events_free(crm_arrow_events* rows) CRM_NOEXCEPT;

/* Flags of crm_event_json_options. AS_GIVEN: an event that came without a time
 * (CRM_EVENT_VIEW_UNTIMED) is written without one, so that appending the line
 * to the same tenant finds a duplicate. */
enum { CRM_EVENT_JSON_AS_GIVEN = 1 };

/* How an event is written. reserved: 0. */
typedef struct crm_event_json_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
} crm_event_json_options;

#define CRM_EVENT_JSON_OPTIONS_INIT \
  { sizeof(crm_event_json_options), 0, 0 }

/* Writes an event as one line of JSON, in the shape in which it came in, with
 * the values it came with, or those that upcasters made (see
 * CRM_QUERY_AS_APPENDED). `tenant` is the name that goes into tenantId (not in
 * CRM_SHAPE_FLAT; empty: none); the timestamp is written also if the event had
 * none, unless AS_GIVEN. CRM_INVALID_ARGUMENT: an event without
 * CRM_EVENT_VIEW_OPENED, of which there is too little to write. What you change
 * in an event must be text and JSON as it was: it is not looked at again. */
CRM_API crm_status crm_event_view_to_json(const crm_event_view* event,
                                          crm_slice tenant,
                                          const crm_event_json_options* options,
                                          crm_buffer** out,
                                          crm_error** error) CRM_NOEXCEPT;

/* An event that was read from JSON. Immutable. */
typedef struct crm_parsed_event crm_parsed_event;

/* What a crm_parsed_event holds: the event, ready for crm_tenant_append, and
 * the tenant it names, or the empty slice. */
typedef struct crm_parsed_event_view {
  crm_event event;
  crm_slice tenant;
  uint64_t reserved[2];
} crm_parsed_event_view;

/* Reads one event from JSON in any of the three shapes, told apart by their
 * members. A crm_event has no place for unknown members and the shape: they
 * are dropped, whereas crm_tenant_append_json keeps them. Errors:
 * CRM_MALFORMED, CRM_INVALID_ARGUMENT, CRM_TOO_LARGE; each names the field. */
CRM_API crm_status crm_parsed_event_from_json(crm_slice json,
                                              crm_parsed_event** out,
                                              crm_error** error) CRM_NOEXCEPT;

/* The event; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_parsed_event_view* crm_parsed_event_read(
    const crm_parsed_event* event) CRM_NOEXCEPT;

/* Frees all that the view points at. */
CRM_API void crm_parsed_event_free(crm_parsed_event* event) CRM_NOEXCEPT;

/* Whoever follows the log waits, then replays what is new, of this tenant:
 *
 *   crm_replay_query query = CRM_REPLAY_QUERY_INIT;
 *   for (;;) {
 *     if (crm_tenant_wait_for_events(tenant, done, 1000, NULL, &head,
 *                                    &error) < 0)
 *       return fail(error);
 *     if (head <= done) continue;
 *     query.first = done + 1;
 *     query.last = head;
 *     if (crm_tenant_replay(tenant, &query, &cursor, &error) < 0)
 *       return fail(error);
 *     while (!(status = crm_event_cursor_next(cursor, &event, &error)))
 *       use(&event);
 *     crm_event_cursor_free(cursor);
 *     if (status != CRM_DONE) return fail(error);
 *     done = head;
 *   }
 *
 * The head counts what libcrm writes itself and events of other tenants too:
 * a replay that finds nothing is no fault. */

/* Waits until the head of the store is past the position `after`, at most so
 * many milliseconds (0: not at all), and gives the head in *head. CRM_OK in
 * either case: compare. crm_store_close ends the wait of other threads; they
 * must still have returned before it frees the store. */
CRM_API crm_status crm_tenant_wait_for_events(crm_tenant* tenant,
                                              uint64_t after,
                                              uint64_t timeout_ms,
                                              const crm_read_options* options,
                                              uint64_t* head,
                                              crm_error** error) CRM_NOEXCEPT;

/* --- Subscriptions ---------------------------------------------------------
 *
 * What is appended, as it is appended, without missing any. A subscription
 * first catches up with the log and then follows it: an event can be read as
 * soon as its append is acknowledged, and never before. The consumer pulls;
 * nothing is queued for it, so that one that is slow, or away for a week, costs
 * the store nothing but its lag.
 *
 *   crm_subscription_options options = CRM_SUBSCRIPTION_OPTIONS_INIT;
 *   options.name = crm_slice_of("mailer");
 *   crm_tenant_subscribe(tenant, &options, &mailer, &error);
 *   while (running) {
 *     status = crm_subscription_next(mailer, 1000, &message, &error);
 *     if (status == CRM_DONE) continue;          (nothing within a second)
 *     if (status != CRM_OK) break;               (cancelled, damage, ...)
 *     if (message.kind == CRM_MESSAGE_EVENT) send(&message.event);
 *     crm_subscription_acknowledge(mailer, message.position,
 *                                  CRM_DURABILITY_DEFAULT, &error);
 *   }
 *   crm_subscription_free(mailer);
 *
 * Promises. Events come in the order of their positions. A subscription gives
 * each event that its options ask for once, whatever is appended meanwhile. One
 * that is opened again goes on behind the last position that was acknowledged:
 * what was delivered and not acknowledged comes again, so be ready for
 * repetitions after a crash, by the event's id or its position. What was
 * acknowledged never comes again.
 *
 * Merges, unmerges and erasures come between the events, where they were made.
 * Treat a kind that you do not know as CRM_MESSAGE_CHECKPOINT.
 */

/* crm_subscription_options.after: whatever the head is now. */
#define CRM_FROM_NOW (~(uint64_t)0)

/* The most consumers that one subscription can be divided among. */
enum { CRM_MAX_CONSUMERS = 1024 };

/* crm_subscription_options.flags. SKIP_BACKFILL: leave out what was appended as
 * backfill. OPEN_PARTS_ONLY: do not open sealed parts; several times faster,
 * and needs no key of a record. SKIP_IDENTITY: leave out MERGED, SPLIT
 * and ERASED. */
enum {
  CRM_SUBSCRIPTION_SKIP_BACKFILL = 1,
  CRM_SUBSCRIPTION_OPEN_PARTS_ONLY = 2,
  CRM_SUBSCRIPTION_SKIP_IDENTITY = 4
};

/* Which events, and from where.
 *
 * name: under it the store keeps how far the subscription was acknowledged. 1
 *   to 128 bytes, no control characters, not personal; it belongs to the
 *   tenant. Empty: nothing is kept, and you give `after` yourself.
 * after: begin behind this position; 0: at the beginning of the log; the head,
 *   or CRM_FROM_NOW: with what comes from now on. Beyond the head it is
 *   CRM_ROLLED_BACK. Looked at only when nothing is stored under the name; the
 *   first crm_tenant_subscribe stores it at once, for all consumers, so that a
 *   crash before the first acknowledgement skips nothing.
 * types, sources: only these; none: all. They are not stored, and are decided
 *   by the open part of an event, without decryption.
 * consumers, consumer: this is number `consumer`, from 0, of `consumers`, 1 to
 *   CRM_MAX_CONSUMERS (0: 1). It gets its share; all shares together are all
 *   events, each once. All events of a customer go to the same consumer, in
 *   order: her number alone decides, on every machine and for good. Events that
 *   belong to nobody go to one each. Every consumer has its own checkpoint.
 *   The number is fixed with the name: another one is CRM_CONFLICT. To change
 *   it take the least position of crm_tenant_list_subscriptions, drop the name,
 *   and begin after that.
 * checkpoint_interval: a message CRM_MESSAGE_CHECKPOINT comes after so many log
 *   records without an event for this subscription. 0: 10,000. */
typedef struct crm_subscription_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t consumers;
  uint32_t consumer;
  uint32_t reserved0;
  crm_slice name;
  uint64_t after;
  const crm_slice* types;
  size_t type_count;
  const crm_slice* sources;
  size_t source_count;
  uint64_t checkpoint_interval;
} crm_subscription_options;

#define CRM_SUBSCRIPTION_OPTIONS_INIT                                          \
  {                                                                            \
    sizeof(crm_subscription_options), 0, 0, 0, 0, {NULL, 0}, 0, NULL, 0, NULL, \
        0, 0                                                                   \
  }

/* What a message is. The numbers are frozen; treat one that you do not know as
 * CHECKPOINT, as later versions may give others.
 *
 * EVENT: `event` is one that was asked for.
 * CHECKPOINT: nothing for this subscription up to `position`, which is not the
 *   end yet. Acknowledge it, and a narrow filter need not look at the same
 *   records again after a restart.
 * CAUGHT_UP: everything that there was has been delivered. Comes once at first,
 *   and again after events were delivered and nothing is left: the moment to
 *   write out what was gathered, and to acknowledge it.
 * MERGED, SPLIT: two customers became one, or one became two; `change` says
 *   whom it concerns. They come where the choice was made: a merge that an
 *   event causes comes before that event. Every consumer gets all of them,
 *   whatever its types, sources and share.
 * ERASED: somebody was erased; `change.from` is who. What is kept of her
 *   elsewhere is to go, too. */
enum {
  CRM_MESSAGE_EVENT = 1,
  CRM_MESSAGE_CHECKPOINT = 2,
  CRM_MESSAGE_CAUGHT_UP = 3,
  CRM_MESSAGE_MERGED = 4,
  CRM_MESSAGE_SPLIT = 5,
  CRM_MESSAGE_ERASED = 6
};

/* What a change of who is who is. The numbers are frozen.
 *
 * MERGED: `to` stands for `from`, who is retired, or was before and led to
 *   another one.
 * SPLIT: some records of `from` became, or went back to, `to`.
 * ERASED: `from` was erased, with all numbers that lead to her; `to` is 0. */
enum {
  CRM_IDENTITY_CHANGE_MERGED = 1,
  CRM_IDENTITY_CHANGE_SPLIT = 2,
  CRM_IDENTITY_CHANGE_ERASED = 3
};

/* One change of who is who, for those who keep customer ids elsewhere: a table
 * of a step for each id, followed from id to id. After MERGED the step of
 * `from` is to `to`; after SPLIT `to` has none: she is a customer, and what is
 * kept for the records that moved goes from `from` to her; after ERASED nobody
 * stands behind `from`, and what is kept of her is to go. Whoever applies every
 * change in its order, some of them again, has at the last what
 * crm_tenant_get_customer answers.
 *
 * kind: one of CRM_IDENTITY_CHANGE_...; 0: there is none.
 * position: of the choice in the log; it may be several changes.
 * records: of SPLIT, those that moved, of ERASED, hers, ascending;
 *   `record_count` of them. They live as long as the texts of what they stand
 *   in. */
typedef struct crm_identity_change {
  int32_t kind;
  uint32_t reserved0;
  uint64_t position;
  uint64_t from;
  uint64_t to;
  const uint64_t* records;
  size_t record_count;
  uint64_t reserved[2];
} crm_identity_change;

/* One message. `position`: everything up to here was delivered, or is not for
 * this subscription; it may be acknowledged, as may any smaller one. Of MERGED
 * and SPLIT it is change.position, or the one before it while more changes of
 * the same choice are to come: a consumer that stops in between gets all of
 * them again. `event` is empty unless the kind is EVENT, `change` unless it is
 * MERGED, SPLIT or ERASED; what they point at lives until the next
 * crm_subscription_next, or until the subscription is freed. */
typedef struct crm_message {
  int32_t kind;
  uint32_t reserved0;
  uint64_t position;
  crm_event_view event;
  crm_identity_change change;
  uint64_t reserved[2];
} crm_message;

/* crm_lag.flags: oldest_us is set, because something was not looked at. */
enum { CRM_LAG_HAS_OLDEST = 1 };

/* How far behind the head of the log a place in it is.
 *
 * positions: log records of all tenants and kinds that were not looked at.
 * events: those of this tenant's events among them, before filters and shares.
 * time_us: recorded_at of the newest event of the log, less that of the oldest
 *   one that was not looked at.
 * oldest_us: recorded_at of that oldest one, whoever's it is. Your own clock
 *   then says how old it is. */
typedef struct crm_lag {
  uint64_t positions;
  uint64_t events;
  int64_t time_us;
  int64_t oldest_us;
  uint32_t flags;
  uint32_t reserved0;
  uint64_t reserved[2];
} crm_lag;

/* An open subscription. crm_subscription_next belongs to one thread at a time;
 * everything else but crm_subscription_free may be called from any thread
 * meanwhile. It does not keep the store from being closed: crm_store_close
 * wakes it, and every later call answers CRM_FAILED_PRECONDITION. Dead in the
 * child of a fork(), as every handle on a store. */
typedef struct crm_subscription crm_subscription;

/* Opens it. `options` may be NULL: the whole log, nothing stored. Errors:
 * CRM_INVALID_ARGUMENT, CRM_TOO_LARGE (an option); CRM_BUSY (this consumer of
 * this name is open); CRM_CONFLICT (the name has another number of consumers);
 * CRM_ROLLED_BACK (its checkpoint, or `after`, is beyond the head of the log,
 * or the record there is another one: the log was set back, by a lost file or
 * an older copy; the message says both positions). After CRM_ROLLED_BACK decide
 * what the consumer has to see again, call crm_tenant_drop_subscription, and
 * subscribe after that. */
CRM_API crm_status crm_tenant_subscribe(crm_tenant* tenant,
                                        const crm_subscription_options* options,
                                        crm_subscription** out,
                                        crm_error** error) CRM_NOEXCEPT;

/* CRM_OK with the next message in `*out`; waits for one until so many
 * milliseconds have passed (0: not at all; a year at most). CRM_DONE: until
 * then there was nothing for this subscription in the whole log. Should the
 * time end while it is still catching up, the message is CHECKPOINT, with what
 * it has come to. Errors leave it where it was, and a later call tries the same
 * again: CRM_CANCELLED (crm_subscription_cancel was called),
 * CRM_FAILED_PRECONDITION (the store is closed, or being closed),
 * CRM_CORRUPTION (a position is missing or damaged, says which; to go on
 * without it, drop the name and subscribe after it), CRM_KEY_MISSING. */
CRM_API crm_status crm_subscription_next(crm_subscription* subscription,
                                         uint64_t timeout_ms, crm_message* out,
                                         crm_error** error) CRM_NOEXCEPT;

/* Stores that everything up to `position` is done with. A position that was
 * acknowledged before changes nothing. `durability`: one of CRM_DURABILITY_...;
 * DEFAULT is OS here, whatever the store's: a power cut may take it back, and
 * then some events come again, none is skipped. With SYNC it is on the disk,
 * and so is every event up to it. Errors: CRM_INVALID_ARGUMENT (beyond
 * crm_subscription_position), CRM_FAILED_PRECONDITION (it has no name, or the
 * store is closed), and what an append answers when it cannot write. */
CRM_API crm_status crm_subscription_acknowledge(crm_subscription* subscription,
                                                uint64_t position,
                                                int32_t durability,
                                                crm_error** error) CRM_NOEXCEPT;

/* How far crm_subscription_position is behind the head. */
CRM_API crm_status crm_subscription_get_lag(crm_subscription* subscription,
                                            const crm_read_options* options,
                                            crm_lag* out,
                                            crm_error** error) CRM_NOEXCEPT;

/* Wakes crm_subscription_next, which from now on answers CRM_CANCELLED, for
 * good. Not from a signal handler: it takes a lock. */
CRM_API crm_status crm_subscription_cancel(crm_subscription* subscription,
                                           crm_error** error) CRM_NOEXCEPT;

/* Everything up to here was delivered, or is not for this subscription. After
 * CRM_DONE it may be beyond the last message, and may be acknowledged. Zero for
 * NULL and dead handles. */
CRM_API uint64_t crm_subscription_position(const crm_subscription* subscription)
    CRM_NOEXCEPT;

/* The last position that was acknowledged; before that, where it began. */
CRM_API uint64_t crm_subscription_acknowledged(
    const crm_subscription* subscription) CRM_NOEXCEPT;

/* Closes it and frees its name. What was not acknowledged comes again. No
 * other call on it may be under way: cancel, join, then free. */
CRM_API void crm_subscription_free(crm_subscription* subscription) CRM_NOEXCEPT;

/* crm_subscription_info.flags. LIVE: a subscription of it is open now.
 * ROLLED_BACK: the log was set back behind it; crm_tenant_subscribe will answer
 * CRM_ROLLED_BACK, and `lag` is all zero. */
enum { CRM_SUBSCRIPTION_INFO_LIVE = 1, CRM_SUBSCRIPTION_INFO_ROLLED_BACK = 2 };

/* One stored checkpoint. `position`: what was acknowledged; before that, where
 * it began. `lag` is that of the position. */
typedef struct crm_subscription_info {
  crm_slice name;
  uint32_t consumer;
  uint32_t consumers;
  uint64_t position;
  crm_lag lag;
  uint32_t flags;
  uint32_t reserved0;
  uint64_t reserved[2];
} crm_subscription_info;

/* All checkpoints of a tenant. Immutable. */
typedef struct crm_subscription_list crm_subscription_list;

/* What a crm_subscription_list holds: by name, then by consumer, also those
 * that were never acknowledged. */
typedef struct crm_subscription_list_view {
  const crm_subscription_info* subscriptions;
  size_t count;
  uint64_t reserved[2];
} crm_subscription_list_view;

/* The stored checkpoints of the tenant, each with its lag: what a page of
 * metrics shows. */
CRM_API crm_status crm_tenant_list_subscriptions(
    crm_tenant* tenant, const crm_read_options* options,
    crm_subscription_list** out, crm_error** error) CRM_NOEXCEPT;

/* The list; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_subscription_list_view* crm_subscription_list_read(
    const crm_subscription_list* list) CRM_NOEXCEPT;

/* Frees the names as well. */
CRM_API void crm_subscription_list_free(crm_subscription_list* list)
    CRM_NOEXCEPT;

/* Forgets the checkpoints of all consumers of a name. CRM_NOT_FOUND: there are
 * none. CRM_BUSY: one of them is open. */
CRM_API crm_status crm_tenant_drop_subscription(crm_tenant* tenant,
                                                crm_slice name,
                                                crm_error** error) CRM_NOEXCEPT;

/* --- Snapshot --------------------------------------------------------------
 *
 *   crm_tenant_get_snapshot(tenant, NULL, &snapshot, &error);
 *   crm_snapshot_find_customer(snapshot, crm_slice_of("email"), address, NULL,
 *                              &ada, &error);
 *   crm_snapshot_get_profile(snapshot, ada, NULL, &profile, &error);
 *   crm_snapshot_get_timeline(snapshot, ada, NULL, &timeline, &error);
 *   crm_snapshot_free(snapshot);
 *
 * Profile and timeline above agree, whatever is appended meanwhile.
 *
 * A view of one tenant at one position, over everything. Thread-safe. Keeps
 * memory for what changes meanwhile: free it when done. A store cannot be
 * closed before. The reading calls exist twice: crm_tenant_... as of now,
 * crm_snapshot_... as of the snapshot.
 */

typedef struct crm_snapshot crm_snapshot;

/* Everything that was acknowledged so far. */
CRM_API crm_status crm_tenant_get_snapshot(crm_tenant* tenant,
                                           const crm_read_options* options,
                                           crm_snapshot** out,
                                           crm_error** error) CRM_NOEXCEPT;

/* Everything up to here is seen, and nothing after it. 0 for NULL. */
CRM_API uint64_t crm_snapshot_position(const crm_snapshot* snapshot)
    CRM_NOEXCEPT;

/* The tenant's counters, into *out. out->tenant lives as long as the
 * snapshot. */
CRM_API crm_status crm_snapshot_get_stats(crm_snapshot* snapshot,
                                          const crm_read_options* options,
                                          crm_tenant_stats* out,
                                          crm_error** error) CRM_NOEXCEPT;

/* As crm_tenant_replay. The cursor keeps what it needs: the snapshot may be
 * freed before it. */
CRM_API crm_status crm_snapshot_replay(crm_snapshot* snapshot,
                                       const crm_replay_query* query,
                                       crm_event_cursor** out,
                                       crm_error** error) CRM_NOEXCEPT;

/* Lets go of what was kept for it. */
CRM_API void crm_snapshot_free(crm_snapshot* snapshot) CRM_NOEXCEPT;

/* --- Snapshot of a store ---------------------------------------------------
 *
 * All tenants at one position: for copies and comparisons of the whole, which
 * would not agree if each tenant were looked at in an instant of its own.
 *
 *   crm_store_get_snapshot(store, NULL, &all, &error);
 *   crm_store_snapshot_replay(all, NULL, &cursor, &error);
 *   while ((status = crm_store_cursor_next(cursor, &one, &error)) == CRM_OK)
 *     if (one.kind == CRM_STORE_EVENT) copy(one.tenant, &one.event);
 *   crm_store_cursor_free(cursor);
 *   crm_store_snapshot_free(all);
 *   if (status != CRM_DONE) return fail(error);
 *
 * What a tenant's own snapshot answers is had from crm_store_snapshot_get_
 * tenant. Whoever wants one tenant only, asks crm_tenant_get_snapshot; whoever
 * wants a file of everything, crm_store_export.
 */

/* Thread-safe. Keeps memory for what changes meanwhile: free it when done. A
 * store cannot be closed before (CRM_FAILED_PRECONDITION). */
typedef struct crm_store_snapshot crm_store_snapshot;

/* Everything that was acknowledged so far, of all tenants. */
CRM_API crm_status crm_store_get_snapshot(crm_store* store,
                                          const crm_read_options* options,
                                          crm_store_snapshot** out,
                                          crm_error** error) CRM_NOEXCEPT;

/* Everything up to here is seen, and nothing after it. 0 for NULL. It is the
 * position of every tenant's snapshot that comes from this one. */
CRM_API uint64_t crm_store_snapshot_position(const crm_store_snapshot* snapshot)
    CRM_NOEXCEPT;

/* The names of its tenants, in the order in which they were made. The list is
 * yours, and outlives the snapshot. */
CRM_API crm_status crm_store_snapshot_get_tenant_names(
    crm_store_snapshot* snapshot, const crm_read_options* options,
    crm_name_list** out, crm_error** error) CRM_NOEXCEPT;

/* One tenant at this position: all that is asked of a crm_snapshot. It is a
 * handle of its own, and may outlive this one. CRM_NOT_FOUND: no tenant of this
 * name; none is made. */
CRM_API crm_status crm_store_snapshot_get_tenant(
    crm_store_snapshot* snapshot, crm_slice name,
    const crm_read_options* options, crm_snapshot** out,
    crm_error** error) CRM_NOEXCEPT;

/* How many definitions (see below) the walk gives of each tenant, in the order
 * of the names above; they were made up to this position. `count`: of the array
 * at `counts`, one for each name (CRM_INVALID_ARGUMENT); a call that fails does
 * not write there. Reads the log, but where nobody has ever defined
 * anything. */
CRM_API crm_status crm_store_snapshot_count_definitions(
    crm_store_snapshot* snapshot, const crm_read_options* options,
    uint64_t* counts, size_t count, crm_error** error) CRM_NOEXCEPT;

/* Walks over the events, definitions and choices of all tenants in the order of
 * their positions, each as it was appended: upcasters are not asked. One thread
 * at a time. A store cannot be closed before it is freed. */
typedef struct crm_store_cursor crm_store_cursor;

/* All of them up to the position of the snapshot. The cursor keeps what it
 * needs: the snapshot may be freed before it. */
CRM_API crm_status crm_store_snapshot_replay(crm_store_snapshot* snapshot,
                                             const crm_read_options* options,
                                             crm_store_cursor** out,
                                             crm_error** error) CRM_NOEXCEPT;

/* What a cursor over a store may come upon. The numbers are frozen; leave out
 * kinds that you do not know, as later versions may give others.
 *
 * EVENT: `event` is one that a host appended; the others are all zero.
 * DEFINITION: `definition` is one that a host made, with one of the calls of
 *   the chapter on schemas, or settings; the others are all zero.
 * CHOICE: `choice` is one about who is who; the others are all zero. */
enum { CRM_STORE_EVENT = 1, CRM_STORE_DEFINITION = 2, CRM_STORE_CHOICE = 3 };

/* What a definition is of: crm_tenant_register_schema,
 * crm_tenant_register_upcaster, crm_tenant_set_validation,
 * crm_tenant_set_identity_settings, crm_tenant_set_consent_settings,
 * crm_tenant_set_privacy_settings. */
enum {
  CRM_DEFINITION_SCHEMA = 1,
  CRM_DEFINITION_UPCASTER = 2,
  CRM_DEFINITION_VALIDATION = 3,
  CRM_DEFINITION_IDENTITY = 4,
  CRM_DEFINITION_CONSENT = 5,
  CRM_DEFINITION_PRIVACY = 6
};

/* A definition of a tenant, as she made it. What a kind does not use is zero,
 * or empty.
 *
 * type: of the events; empty: validation of all types, or settings.
 * version, to: of a schema; of an upcaster where it begins, and where it leads.
 * json: the schema or the upcaster, without the blanks between its tokens; of
 *   settings of identity what differs from the defaults.
 * compatibility: of a schema, one of CRM_COMPATIBILITY_...
 * mode: of a validation, one of CRM_VALIDATION_... */
typedef struct crm_definition_view {
  int32_t kind;
  uint32_t reserved0;
  uint64_t position;
  crm_slice type;
  crm_slice version;
  crm_slice to;
  crm_slice json;
  int32_t compatibility;
  int32_t mode;
  uint64_t reserved[2];
} crm_definition_view;

/* Definitions stand between the events where they were made: what comes before
 * one was appended without it. Whoever copies a store makes each of them again
 * at its place, and events are checked there by what checked them here. */

/* What a choice says. The numbers are frozen.
 *
 * MERGE: two customers became one.
 * PARTITION: who is who after an unmerge or a re-resolve.
 * ASSERTION: a must-link or a cannot-link, said or retracted.
 * REVIEW, ANSWER: a question was put, or answered.
 * SHARED: an identifier links nobody any more, or does again.
 * ERASURE: a customer was erased.
 * REDACTION: events lost what they said.
 * HOLD: a legal hold: placed, released, or waited for.
 * RETENTION: what events said was removed, because it was too old. HOUSEHOLD:
 * who lives together. */
enum {
  CRM_CHOICE_MERGE = 1,
  CRM_CHOICE_PARTITION = 2,
  CRM_CHOICE_ASSERTION = 3,
  CRM_CHOICE_REVIEW = 4,
  CRM_CHOICE_ANSWER = 5,
  CRM_CHOICE_SHARED = 6,
  CRM_CHOICE_ERASURE = 7,
  CRM_CHOICE_REDACTION = 8,
  CRM_CHOICE_HOLD = 9,
  CRM_CHOICE_RETENTION = 10,
  CRM_CHOICE_HOUSEHOLD = 11
};

/* Who made a choice. The numbers are frozen.
 *
 * EVENT: the event that comes next; it would make it again.
 * HAND: a host: nothing but this record knows it.
 * MATCH, RE_RESOLVE: a run over many records. */
enum {
  CRM_CHOICE_BY_EVENT = 1,
  CRM_CHOICE_BY_HAND = 2,
  CRM_CHOICE_BY_MATCH = 3,
  CRM_CHOICE_BY_RE_RESOLVE = 4
};

/* A choice about who is who, as it lies in the log.
 *
 * kind, origin: one of CRM_CHOICE_... and of CRM_CHOICE_BY_...
 * json: what it says: an object without positions and without any value of an
 *   identifier. crm/export.h describes its members, which are those of the line
 *   of a choice in an export. */
typedef struct crm_choice_view {
  int32_t kind;
  int32_t origin;
  uint64_t position;
  crm_slice json;
  uint64_t reserved[2];
} crm_choice_view;

/* One step of the walk. `tenant`: whose it is. All zero at the end. What the
 * slices point at lives until the next crm_store_cursor_next on this cursor, or
 * until it is freed. */
typedef struct crm_store_event {
  int32_t kind;
  uint32_t reserved0;
  crm_slice tenant;
  crm_event_view event;
  crm_definition_view definition;
  crm_choice_view choice;
  uint64_t reserved[4];
} crm_store_event;

/* CRM_OK with the next one in *out, CRM_DONE at the end, or an error:
 * CRM_CORRUPTION as crm_event_cursor_next, and where the log holds a record of
 * a kind that this version does not know (of a definition or a choice:
 * CRM_FORMAT_TOO_NEW): nothing is left out silently but what libcrm makes again
 * by itself (names, epochs, dictionaries). After CRM_DONE or an error *out is
 * all zero; after an error there is no going on: CRM_FAILED_PRECONDITION. */
CRM_API crm_status crm_store_cursor_next(crm_store_cursor* cursor,
                                         crm_store_event* out,
                                         crm_error** error) CRM_NOEXCEPT;

/* Also before its end. */
CRM_API void crm_store_cursor_free(crm_store_cursor* cursor) CRM_NOEXCEPT;

/* Cursors and tenants' snapshots that came from it live on. */
CRM_API void crm_store_snapshot_free(crm_store_snapshot* snapshot) CRM_NOEXCEPT;

/* --- Identity --------------------------------------------------------------
 *
 *   status = crm_tenant_find_customer(tenant, crm_slice_of("email"),
 *                                     crm_slice_of("Ada@Example.com"), NULL,
 *                                     &ada, &error);
 *   if (status == CRM_NOT_FOUND) greet_stranger();
 *
 * Whose event is it? Every event with an identifier belongs to a *record*: what
 * one source said about one person. An event stays with its record for ever. A
 * *customer* is a set of records; which are together is decided by choices.
 *
 *   attach    A new record joins the customer who has one of its identifiers,
 *             from confidence 85 on (exclusive 100, email 95, phone 85). What
 *             has nothing but an ephemeral identifier (a device) follows it at
 *             80; a customer who is known by nothing else is joined to the
 *             first person that the device names.
 *   merge     Two customers who meet in one event become one, from confidence
 *             95 on; by phone alone only where given name and birth date of
 *             both agree, or a second identifier links them.
 *   withhold  Where a guard objects, the event goes to one customer, the
 *             identifier stays with its owner, the outcome says why, and (for
 *             most reasons) a question is put: crm_tenant_list_reviews.
 */

/* Whose identifier is it? Her number goes to *customer. CRM_NOT_FOUND:
 * nobody's. CRM_INVALID_ARGUMENT: it cannot be an identifier, and the message
 * says why. E-mail addresses and phone numbers are found however they are
 * written. */
CRM_API crm_status crm_tenant_find_customer(crm_tenant* tenant,
                                            crm_slice name_space,
                                            crm_slice value,
                                            const crm_read_options* options,
                                            uint64_t* customer,
                                            crm_error** error) CRM_NOEXCEPT;

/* The same as of the snapshot. */
CRM_API crm_status crm_snapshot_find_customer(crm_snapshot* snapshot,
                                              crm_slice name_space,
                                              crm_slice value,
                                              const crm_read_options* options,
                                              uint64_t* customer,
                                              crm_error** error) CRM_NOEXCEPT;

/* Customer numbers are never used again. One that was found stays right as long
 * as the store lives: keep it beside your own keys, if you like. */

/* A record of a customer: `events` is also its next revision; linked_at is the
 * event or choice that tied it to her; matched_by the namespace that did, or
 * empty: she began with it; linked_to the record with which it shared that
 * identifier, or zero. */
typedef struct crm_customer_record {
  uint64_t record;
  crm_slice source;
  uint64_t events;
  uint64_t linked_at;
  crm_slice matched_by;
  int32_t confidence;
  uint32_t reserved0;
  uint64_t linked_to;
  uint64_t reserved[2];
} crm_customer_record;

/* A customer's records, and how they were tied together. Immutable. */
typedef struct crm_customer crm_customer;

/* What a crm_customer holds. `customer`: the one asked for, or the one who
 * stands for her since a merge. `version`: the position of the last event,
 * link, merge or erasure that concerns her; use it in
 * CRM_CONDITION_CUSTOMER_VERSION. `retired`: numbers that lead to her,
 * ascending. */
typedef struct crm_customer_view {
  uint64_t customer;
  uint64_t version;
  uint64_t events;
  const crm_customer_record* records;
  size_t record_count;
  const uint64_t* retired;
  size_t retired_count;
  uint64_t reserved[3];
} crm_customer_view;

/* Together with crm_tenant_find_customer it answers "who is this, and why do
 * you think so": each record names its source, the event that tied it to her,
 * and the namespace by which. */

/* Her records. CRM_NOT_FOUND: no such customer. */
CRM_API crm_status crm_tenant_get_customer(crm_tenant* tenant,
                                           uint64_t customer,
                                           const crm_read_options* options,
                                           crm_customer** out,
                                           crm_error** error) CRM_NOEXCEPT;

/* The same as of the snapshot. */
CRM_API crm_status crm_snapshot_get_customer(crm_snapshot* snapshot,
                                             uint64_t customer,
                                             const crm_read_options* options,
                                             crm_customer** out,
                                             crm_error** error) CRM_NOEXCEPT;

/* The records; they live as long as their handle. NULL for NULL. */
CRM_API const crm_customer_view* crm_customer_read(const crm_customer* customer)
    CRM_NOEXCEPT;

/* Frees the records that were read; she stays in the store. */
CRM_API void crm_customer_free(crm_customer* customer) CRM_NOEXCEPT;

/* Settings of identity: one JSON object says which namespaces a tenant has and
 * how much they say, how their values are normalised and which are blocked, and
 * what the bars and limits stand at. Every member may be left out:
 *
 *   {"rules": {"attach_bar": 85, "merge_bar": 95},
 *    "namespaces": {"loyaltyCard": {"class": "exclusive", "confidence": 100,
 *                                   "fold_case": true, "aliases": ["card"]}},
 *    "other_namespaces": "accept",
 *    "blocked": {"*": ["front desk"], "email": ["pos@club.example"]},
 *    "email": {"domains": {"gmail.com": {"strip_tags": true}}},
 *    "phone": {"region": "ZA", "regions": {"crm-gb": "GB"}}}
 *
 * The manual of every member, with its range and its default, is the chapter
 * "Settings" of crm/identity.h. */

/* Takes the place of everything that was set before: what is not named is the
 * default, and "{}" is all defaults. Counts for the events behind it in the
 * log; what is there stays as it is. Durable when it returns; the same again
 * changes nothing. CRM_MALFORMED: not JSON; CRM_INVALID_ARGUMENT: a member that
 * there is not, a value out of range, what contradicts itself (the message
 * names the place as a JSON pointer, and what must be there); CRM_TOO_LARGE:
 * names the limit; CRM_UNSUPPORTED: a region, in a store that reads phone
 * numbers in E.164 alone. */
CRM_API crm_status crm_tenant_set_identity_settings(
    crm_tenant* tenant, crm_slice json, crm_error** error) CRM_NOEXCEPT;

/* What counts for the next event, with all defaults spelled out, in a buffer
 * that is yours: change what you like, and set it again. */
CRM_API crm_status crm_tenant_get_identity_settings(
    crm_tenant* tenant, const crm_read_options* options, crm_buffer** out,
    crm_error** error) CRM_NOEXCEPT;

/* --- Who is who ------------------------------------------------------------
 *
 * Which records are one customer is decided by choices: by events, or by hand.
 * Each of them is in the log, is read by every replay, and is never made again.
 *
 *   crm_merge_options by_hand = CRM_MERGE_OPTIONS_INIT;
 *   by_hand.by = crm_slice_of("support desk");
 *   by_hand.why = crm_slice_of("she called and asked for it");
 *   crm_tenant_merge(tenant, 7, 12, &by_hand, &merged, &error);
 *   ...
 *   memset(&target, 0, sizeof(target));
 *   target.merge = merged.position;
 *   crm_tenant_unmerge(tenant, &target, &by_hand, NULL, &error);
 *
 * A merge relabels nothing, so that it can be undone: any merge, not only the
 * last, whole or in part. Undoing it gives every answer as if it had not been,
 * and leaves a cannot-link behind. Of two customers the one stays who has an
 * authUserId, else the older one; the other's number is retired, is never used
 * again, and leads to the one who stayed in every call that takes a number.
 *
 * Calls that change something are durable when they return, and change nothing
 * when they fail. A customer or a record that the tenant does not have is
 * CRM_NOT_FOUND in all of them.
 *
 * After CRM_OUT_OF_MEMORY the choice counts only if it is there after the store
 * was closed and opened again, as with an append.
 *
 * What events decide by themselves, and when they hold back, is the chapter
 * "Identity" above; the words are the same.
 *
 *   assertion   what somebody said about two records: must-link, cannot-link
 *   review      a question that was put, for somebody to answer
 *   retired     a number that leads to another customer since a merge
 */

/* Who makes a choice by hand: a service that lets its people do so passes on
 * who it was. Questions come from the appends:
 *
 *   for (i = 0; i < outcome->review_count; ++i)
 *     tell_the_desk(outcome->reviews[i]);
 *
 * and are answered, one by one, best first:
 *
 *   crm_tenant_list_reviews(tenant, NULL, &list, &error);
 *   view = crm_review_list_read(list);
 *   for (i = 0; i < view->review_count; ++i)
 *     crm_tenant_answer_review(tenant, view->reviews[i].position,
 *                              ask(&view->reviews[i]), &by_hand, NULL, &error);
 *   crm_review_list_free(list);
 */

/* Who was found.
 *
 * matched: the index of the identifier that led to her, in the call.
 * confidence: how sure it is, 0 to 100. */
typedef struct crm_lookup_result {
  uint64_t customer;
  uint64_t matched;
  int32_t confidence;
  uint32_t reserved0;
  uint64_t reserved[2];
} crm_lookup_result;

/* A service that knows several things about whoever is there asks for all of
 * them at once:
 *
 *   crm_identifier known[2] = {{{"deviceId", 8}, device},
 *                              {{"authUserId", 10}, account}};
 *   crm_lookup_result who;
 *   if (crm_tenant_lookup(tenant, known, 2, NULL, &who, &error) == CRM_OK)
 *     greet(who.customer, who.confidence);
 */

/* Whoever has one of several identifiers, the surest first; for a request that
 * brings an account, an address and a device. CRM_NOT_FOUND: none of them leads
 * to anybody. CRM_INVALID_ARGUMENT: one of them cannot be an identifier.
 * CRM_TOO_LARGE: more than 10,000. */
CRM_API crm_status crm_tenant_lookup(crm_tenant* tenant,
                                     const crm_identifier* identifiers,
                                     size_t identifier_count,
                                     const crm_read_options* options,
                                     crm_lookup_result* out,
                                     crm_error** error) CRM_NOEXCEPT;

/* What an append of this event would decide, without appending it: a result of
 * one event. Of one that is there already it says so, and where, as an append
 * would; otherwise its position is zero, because it has none.
 *
 * Nothing is written, so that it may be asked as often as wanted: to show what
 * an import would merge before it is begun, or why a person who is on the phone
 * is not the one who wrote last week. The next append decides by itself, on
 * whatever has changed in between; nothing is held for it.
 *
 * Errors: those of an event that is filled in wrongly. */
CRM_API crm_status crm_tenant_what_if(crm_tenant* tenant,
                                      const crm_event* event,
                                      const crm_read_options* options,
                                      crm_append_result** out,
                                      crm_error** error) CRM_NOEXCEPT;

/* Flags of crm_merge_options.
 *
 * DRY_RUN: say what would come of it, and change nothing.
 * FORCE: of a merge: overrules exclusive conflicts and cannot-links; needs `by`
 *   and `why`. */
enum { CRM_MERGE_DRY_RUN = 1, CRM_MERGE_FORCE = 2 };

/* How a choice by hand is made: a merge, and all that this chapter changes.
 *
 * by, why: who makes it, and for which reason. Kept in the log, sealed with the
 *   tenant's key, and not erased with the person: write nothing about her. Each
 *   up to 256 bytes (CRM_TOO_LARGE).
 * keep: of the two customers of a merge this one stays. Zero: by the rule.
 * reserved: 0. */
typedef struct crm_merge_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  crm_slice by;
  crm_slice why;
  uint64_t keep;
} crm_merge_options;

#define CRM_MERGE_OPTIONS_INIT \
  { sizeof(crm_merge_options), 0, 0, {0, 0}, {0, 0}, 0 }

/* What became of a merge.
 *
 * position: of the choice in the log: what crm_unmerge_target.merge takes.
 *   Zero: a dry run.
 * customer: who stays. retired: who leads to her now. */
typedef struct crm_merge_result {
  uint64_t position;
  uint64_t customer;
  uint64_t retired;
  uint64_t reserved[2];
} crm_merge_result;

/* Makes two customers one, and leaves a must-link. `out` may be NULL.
 * CRM_INVALID_ARGUMENT: they are one already, `keep` is neither, FORCE without
 * `by` and `why`. CRM_CONFLICT: each has a value of one exclusive namespace, or
 * somebody said cannot-link (see FORCE). */
CRM_API crm_status crm_tenant_merge(crm_tenant* tenant, uint64_t a, uint64_t b,
                                    const crm_merge_options* options,
                                    crm_merge_result* out,
                                    crm_error** error) CRM_NOEXCEPT;

/* What is to be undone: exactly one of the three, the others zero.
 *
 * merge: the merge at this position, as crm_merge_result, crm_tenant_how and
 *   the feed of changes name it.
 * customer: all merges of hers: each number that leads to her gets its records
 *   back.
 * records: these, all of one customer and not all of hers, become a customer of
 *   their own. */
typedef struct crm_unmerge_target {
  uint64_t merge;
  uint64_t customer;
  const uint64_t* records;
  size_t record_count;
  uint64_t reserved[2];
} crm_unmerge_target;

/* crm_unmerged_part.flags. NEW: her number never was before. Without it she has
 * her records back, or keeps them. */
enum { CRM_UNMERGED_NEW = 1 };

/* A customer after an unmerge: her number, and her records, ascending. */
typedef struct crm_unmerged_part {
  uint64_t customer;
  uint32_t flags;
  uint32_t reserved0;
  const uint64_t* records;
  size_t record_count;
  uint64_t reserved[2];
} crm_unmerged_part;

/* What became of an unmerge. Immutable. */
typedef struct crm_unmerge_result crm_unmerge_result;

/* What a crm_unmerge_result holds.
 *
 * position: of the choice in the log. Zero: a dry run.
 * parts: the one who was split first, then the others, ascending. */
typedef struct crm_unmerge_result_view {
  uint64_t position;
  const crm_unmerged_part* parts;
  size_t part_count;
  uint64_t reserved[2];
} crm_unmerge_result_view;

/* Takes merges back. `out` may be NULL. CRM_INVALID_ARGUMENT: not exactly one
 * target, records of several customers, or all of hers. CRM_NOT_FOUND: no merge
 * lies at that position. CRM_FAILED_PRECONDITION: it was undone already, or
 * nobody was ever merged into her. CRM_TOO_LARGE: more than 10,000 records. */
CRM_API crm_status crm_tenant_unmerge(crm_tenant* tenant,
                                      const crm_unmerge_target* target,
                                      const crm_merge_options* options,
                                      crm_unmerge_result** out,
                                      crm_error** error) CRM_NOEXCEPT;

/* The parts; they live as long as the result. NULL for NULL. */
CRM_API const crm_unmerge_result_view* crm_unmerge_result_read(
    const crm_unmerge_result* result) CRM_NOEXCEPT;

/* Frees the parts as well; what was undone stays undone. */
CRM_API void crm_unmerge_result_free(crm_unmerge_result* result) CRM_NOEXCEPT;

/* What somebody says about two records. MUST_LINK: they are of one person.
 * CANNOT_LINK: they are not. The numbers are frozen. */
enum { CRM_ASSERTION_MUST_LINK = 1, CRM_ASSERTION_CANNOT_LINK = 2 };

/* An assertion beats every rule, and outlives every merge, unmerge and
 * re-resolve. `a` is the smaller record; position: of the choice. */
typedef struct crm_assertion {
  int32_t kind;
  uint32_t reserved0;
  uint64_t a;
  uint64_t b;
  uint64_t position;
  uint64_t reserved[2];
} crm_assertion;

/* What a support desk knows and the data does not say: that twins share an
 * address and a birthday and are two people all the same, or that the lady who
 * pays is the one who plays. A record is named by its number, which is in
 * crm_customer_record. */

/* Says of two records that they are, or are not, of one person; the position of
 * the choice goes to *position (may be NULL). The same again changes nothing. A
 * must-link merges their customers, with the errors of crm_tenant_merge.
 * CRM_FAILED_PRECONDITION: a cannot-link between records of one customer (undo
 * that first). CRM_INVALID_ARGUMENT: a record with itself, or a kind that is
 * none. */
CRM_API crm_status crm_tenant_add_assertion(crm_tenant* tenant, int32_t kind,
                                            uint64_t a, uint64_t b,
                                            const crm_merge_options* options,
                                            uint64_t* position,
                                            crm_error** error) CRM_NOEXCEPT;

/* Takes back what was said of two records; merges stay as they are.
 * CRM_NOT_FOUND: nothing was said. */
CRM_API crm_status crm_tenant_retract_assertion(
    crm_tenant* tenant, uint64_t a, uint64_t b,
    const crm_merge_options* options, uint64_t* position,
    crm_error** error) CRM_NOEXCEPT;

/* Assertions. Immutable. */
typedef struct crm_assertion_list crm_assertion_list;

/* What a crm_assertion_list holds, by position. */
typedef struct crm_assertion_list_view {
  const crm_assertion* assertions;
  size_t assertion_count;
  uint64_t reserved[2];
} crm_assertion_list_view;

/* What was said about the records of a customer. */
CRM_API crm_status crm_tenant_list_assertions(crm_tenant* tenant,
                                              uint64_t customer,
                                              const crm_read_options* options,
                                              crm_assertion_list** out,
                                              crm_error** error) CRM_NOEXCEPT;

/* The assertions; they live as long as the list. NULL for NULL. */
CRM_API const crm_assertion_list_view* crm_assertion_list_read(
    const crm_assertion_list* list) CRM_NOEXCEPT;

/* What was said stays said. */
CRM_API void crm_assertion_list_free(crm_assertion_list* list) CRM_NOEXCEPT;

/* A question that a guard or a match left open.
 *
 * position: of the choice that put it; its name in crm_tenant_answer_review.
 * record_a, record_b: two records; a, b: whose they are now.
 * reason: why it was not decided, one of CRM_IDENTITY_...
 * name_space: what would have linked them; empty: a match.
 * weight: confidence of the link that was withheld, 0 to 100; of a match its
 *   weight in bits. */
typedef struct crm_review {
  uint64_t position;
  uint64_t record_a;
  uint64_t record_b;
  uint64_t a;
  uint64_t b;
  int32_t reason;
  uint32_t reserved0;
  crm_slice name_space;
  double weight;
  uint64_t reserved[2];
} crm_review;

/* Which questions are wanted; those of the greatest weight come first. No flags
 * so far.
 *
 * limit: 1 to 1,000; zero: 100.
 * customer: that concern her; zero: of all. */
typedef struct crm_review_query {
  size_t struct_size;
  uint32_t flags;
  uint32_t limit;
  uint64_t customer;
} crm_review_query;

#define CRM_REVIEW_QUERY_INIT \
  { sizeof(crm_review_query), 0, 0, 0 }

/* Questions. Immutable. */
typedef struct crm_review_list crm_review_list;

/* What a crm_review_list holds. */
typedef struct crm_review_list_view {
  const crm_review* reviews;
  size_t review_count;
  uint64_t reserved[2];
} crm_review_list_view;

/* Open questions between customers who are not one by now. How many there are
 * in all is crm_tenant_stats.open_reviews. CRM_INVALID_ARGUMENT: the limit. */
CRM_API crm_status crm_tenant_list_reviews(crm_tenant* tenant,
                                           const crm_review_query* query,
                                           crm_review_list** out,
                                           crm_error** error) CRM_NOEXCEPT;

/* The questions; they live as long as the list. NULL for NULL. */
CRM_API const crm_review_list_view* crm_review_list_read(
    const crm_review_list* list) CRM_NOEXCEPT;

/* The questions stay open. */
CRM_API void crm_review_list_free(crm_review_list* list) CRM_NOEXCEPT;

/* What somebody says to a question. The numbers are frozen.
 *
 * SAME: merges them, and leaves a must-link.
 * DIFFERENT: leaves a cannot-link.
 * DISMISS: neither; the same question is not put again. */
enum {
  CRM_REVIEW_ANSWER_SAME = 1,
  CRM_REVIEW_ANSWER_DIFFERENT = 2,
  CRM_REVIEW_ANSWER_DISMISS = 3
};

/* Answers a question, by its position; that of the choice goes to *position
 * (may be NULL). CRM_NOT_FOUND: no question lies there.
 * CRM_FAILED_PRECONDITION: it was answered already. SAME has the errors of
 * crm_tenant_merge, DIFFERENT those of crm_tenant_add_assertion. */
CRM_API crm_status crm_tenant_answer_review(crm_tenant* tenant, uint64_t review,
                                            int32_t answer,
                                            const crm_merge_options* options,
                                            uint64_t* position,
                                            crm_error** error) CRM_NOEXCEPT;

/* Whoever keeps customer numbers elsewhere follows what becomes of them:
 *
 *   for (;;) {
 *     if (crm_tenant_get_identity_changes(tenant, done, 0, NULL, &changes,
 *                                         &error) < 0) return fail(error);
 *     view = crm_identity_changes_read(changes);
 *     for (i = 0; i < view->change_count; ++i)
 *       renumber(&view->changes[i]);
 *     last = view->change_count == 0;
 *     done = view->position;
 *     crm_identity_changes_free(changes);
 *     if (last) break;
 *   }
 */

/* A page of changes. Immutable. */
typedef struct crm_identity_changes crm_identity_changes;

/* What a crm_identity_changes holds. `position`: everything up to here has been
 * looked at: the next `after`. */
typedef struct crm_identity_changes_view {
  const crm_identity_change* changes;
  size_t change_count;
  uint64_t position;
  uint64_t reserved[2];
} crm_identity_changes_view;

/* Merges and unmerges behind the position `after`, in order; at least those of
 * one choice, then no more than `limit` (1 to 10,000; zero: 1,000;
 * CRM_INVALID_ARGUMENT). Reads the log from there on. */
CRM_API crm_status crm_tenant_get_identity_changes(
    crm_tenant* tenant, uint64_t after, size_t limit,
    const crm_read_options* options, crm_identity_changes** out,
    crm_error** error) CRM_NOEXCEPT;

/* The changes; they live as long as the page. NULL for NULL. */
CRM_API const crm_identity_changes_view* crm_identity_changes_read(
    const crm_identity_changes* changes) CRM_NOEXCEPT;

/* Frees the page. */
CRM_API void crm_identity_changes_free(crm_identity_changes* changes)
    CRM_NOEXCEPT;

/* Settings change, and events come late or twice. What was decided stays, until
 * somebody asks for all of it to be decided anew, and looks before it counts:
 *
 *   crm_re_resolve_options anew = CRM_RE_RESOLVE_OPTIONS_INIT;
 *   crm_tenant_re_resolve(tenant, &anew, &report, &error);
 *   view = crm_re_resolve_report_read(report);
 *   printf("%llu customers would be %llu\n",
 *          (unsigned long long)view->customers_before,
 *          (unsigned long long)view->customers_after);
 *   crm_re_resolve_report_free(report);
 *   ...
 *   anew.flags = CRM_RE_RESOLVE_APPLY;
 *   anew.by = crm_slice_of("data team");
 *   anew.why = crm_slice_of("new bars");
 *   crm_tenant_re_resolve(tenant, &anew, &report, &error);
 *
 * Whoever keeps customer numbers elsewhere gets what was changed in the feed of
 * changes, and from subscriptions, as after any other choice. */

/* crm_re_resolve_options.flags. APPLY: write what differs. Without it: a dry
 * run, which counts and lists, and changes nothing. */
enum { CRM_RE_RESOLVE_APPLY = 1 };

/* How to re-resolve.
 *
 * reserved: 0.
 * by, why: as in crm_merge_options.
 * progress: how far it is, first through the log and then through what was read
 *   there; each half has a total of its own, of which it is half. On the
 * calling thread, which holds what appends wait for: it must call nothing of
 * this store. Anything but 0 stops, and nothing was changed. May be NULL.
 * destroy: may be NULL; called with user_data before the call returns. */
typedef struct crm_re_resolve_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  crm_slice by;
  crm_slice why;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_re_resolve_options;

#define CRM_RE_RESOLVE_OPTIONS_INIT \
  { sizeof(crm_re_resolve_options), 0, 0, {0, 0}, {0, 0}, 0, 0, 0 }

/* What a re-resolve found. Immutable. */
typedef struct crm_re_resolve_report crm_re_resolve_report;

/* What a crm_re_resolve_report holds. Of a dry run: what would be.
 *
 * records: of the tenant: all of them were looked at.
 * customers_before, customers_after: how many customers they are.
 * records_moved: records that went to another customer.
 * changes: the first 1,000. Of a dry run the numbers of new customers are those
 *   that they would get now, and others may take them.
 * position: of the last choice that was written; zero: none was. */
typedef struct crm_re_resolve_report_view {
  uint64_t records;
  uint64_t customers_before;
  uint64_t customers_after;
  uint64_t records_moved;
  const crm_identity_change* changes;
  size_t change_count;
  uint64_t position;
  uint64_t reserved[3];
} crm_re_resolve_report_view;

/* Decides anew, by the settings of today, to whom every record belongs, in the
 * order of event times, so that the order of arrival does not matter.
 * Assertions hold. What differs is written as choices, which are durable when
 * it returns; doing it again finds nothing more. Records whose events were
 * erased stay where they are.
 *
 * Takes about the time of reading the log, and memory for all identifiers of
 * the tenant; appends to the store wait meanwhile, also in a dry run. Errors:
 * CRM_TOO_LARGE (by, why), CRM_READ_ONLY, what `progress` answered. */
CRM_API crm_status crm_tenant_re_resolve(crm_tenant* tenant,
                                         const crm_re_resolve_options* options,
                                         crm_re_resolve_report** out,
                                         crm_error** error) CRM_NOEXCEPT;

/* The report; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_re_resolve_report_view* crm_re_resolve_report_read(
    const crm_re_resolve_report* report) CRM_NOEXCEPT;

/* Frees the changes as well; what was written stays written. */
CRM_API void crm_re_resolve_report_free(crm_re_resolve_report* report)
    CRM_NOEXCEPT;

/* Some customers are one person, and no identifier says so: a name, a birth
 * date and an address do. Matching compares what the records of a tenant know
 * of their persons, merges those who are sure to be one, and asks about those
 * who may be (crm_tenant_get_reviews, crm_tenant_answer_review). How records
 * are compared and what a bit is worth is told at crm_link_file.
 *
 *   crm_match_options match = CRM_MATCH_OPTIONS_INIT;
 *   crm_tenant_match_customers(tenant, &match, &report, &error);
 *   view = crm_match_report_read(report);
 *   printf("%llu would be merged\n", (unsigned long long)view->merged);
 *   crm_match_report_free(report);
 *   ...
 *   match.flags = CRM_MATCH_APPLY;
 *   match.by = crm_slice_of("nightly match");
 *   crm_tenant_match_customers(tenant, &match, &report, &error);
 *
 * Nothing is merged that an event would not be allowed to merge, and every
 * merge can be undone, which leaves a cannot-link: not two values of an
 * exclusive namespace, not what somebody said cannot be linked, not given names
 * and birth dates that contradict each other, nothing beyond the limits of a
 * customer. With "automatic_merges": false in the settings of identity
 * everything becomes a question. A run merges no more than "merges_per_minute",
 * the heaviest first. The same store gives the same answer, and a second run
 * finds nothing to do but what the first one left. A re-resolve keeps what a
 * match merged.
 *
 * A question that was answered is not put again: an answer is an assertion,
 * which later runs obey, and a dismissed one is neither merged nor asked. */

/* Two records of two customers, and what is made of them.
 *
 * weight: bits, to a hundredth.
 * reason: CRM_IDENTITY_NONE: the two are merged. Otherwise somebody is asked,
 *   for this reason: WEAK_MATCH, COHESION, or the guard that is against it. */
typedef struct crm_customer_match {
  uint64_t a;
  uint64_t b;
  double weight;
  int32_t reason;
  uint32_t flags;
  uint64_t reserved[2];
} crm_customer_match;

/* crm_match_options.flags. APPLY: write what was found. Without it: a dry run,
 * which counts and lists, and changes nothing. */
enum { CRM_MATCH_APPLY = 1 };

/* How customers are matched. Zero is the default of every member.
 *
 * threads: that compare, up to 64; 0: 1. The result does not depend on it.
 * model: JSON as crm_train_file gives it; empty: the default model.
 * fields: which traits are compared as what: a JSON object of names of fields
 *   as in crm_link_file, each with the name of a trait or an array of names;
 *   "address.city" is a member of a trait that is an object. Empty: see
 *   crm_default_match_fields.
 * merge_weight: a pair of at least so many bits is merged, if the guards let
 *   it; 0: 12.
 * review_weight: a lighter pair of at least so many bits becomes a question;
 *   0: 4.
 * max_reviews: so many questions are put at most, the heaviest first; 0: 1,000.
 * by, why: as in crm_merge_options.
 * progress: how far the present step is, of how much; steps follow one another,
 *   each from the beginning. Anything but 0 stops, and nothing was changed. May
 *   be NULL.
 * destroy: may be NULL; called with user_data before the call returns. */
typedef struct crm_match_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t threads;
  crm_slice model;
  crm_slice fields;
  double merge_weight;
  double review_weight;
  uint64_t max_reviews;
  crm_slice by;
  crm_slice why;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_match_options;

#define CRM_MATCH_OPTIONS_INIT                                                \
  {                                                                           \
    sizeof(crm_match_options), 0, 0, {0, 0}, {0, 0}, 0, 0, 0, {0, 0}, {0, 0}, \
        0, 0, 0                                                               \
  }

/* What came of matching. Immutable. */
typedef struct crm_match_report crm_match_report;

/* What a crm_match_report holds. Of a dry run: what would be.
 *
 * records: that were compared: those that know something of their person.
 * pairs: of them, that were compared. prior: bits; log2 of the odds that any
 *   two records are of one person.
 * merged, asked: merges that were made, and questions that were put.
 * known: questions that had been put before.
 * withheld: pairs that a guard settles, without a question.
 * left: merges or questions that were too many for one run.
 * matches: the first 1,000 of what was done: merges, then questions.
 * position: of the last choice that was written; zero: none was. */
typedef struct crm_match_report_view {
  uint64_t records;
  uint64_t pairs;
  double prior;
  uint64_t merged;
  uint64_t asked;
  uint64_t known;
  uint64_t withheld;
  uint64_t left;
  const crm_customer_match* matches;
  size_t match_count;
  uint64_t position;
  uint64_t reserved[3];
} crm_match_report_view;

/* The `fields` that count when none are given: JSON. Lives for ever. */
CRM_API crm_slice crm_default_match_fields(void) CRM_NOEXCEPT;

/* Matches the customers of a tenant. Appends go on meanwhile, but for the
 * moment in which the choices are written; those are durable when it returns.
 * Errors: CRM_INVALID_ARGUMENT (an option; a field that there is not),
 * CRM_MALFORMED (model, fields), CRM_TOO_LARGE (fields, by, why),
 * CRM_UNSUPPORTED (the model of a later libcrm), CRM_READ_ONLY, what `progress`
 * answered. */
CRM_API crm_status crm_tenant_match_customers(crm_tenant* tenant,
                                              const crm_match_options* options,
                                              crm_match_report** out,
                                              crm_error** error) CRM_NOEXCEPT;

/* A host may have a matcher of its own, or a model that no weights describe.
 * What it decides becomes choices like those of a match:
 *
 *   crm_customer_match match = {0};
 *   match.a = first_record;
 *   match.b = second_record;
 *   match.weight = 14.5;
 *   crm_tenant_apply_matches(tenant, &match, 1, NULL, &report, &error);
 *
 * The weight is kept with the choice and told by crm_tenant_how; 12 bits are
 * odds of 4,096 to 1, 4 bits of 16 to 1. */

/* Makes choices of what some other matcher decided, behind the same guards:
 * merges, or asks, pair by pair. Who are one customer already are passed over,
 * and a question is not put twice. At most 10,000 at once. Of the options,
 * FORCE and `keep` are not for it. `out` may be NULL. Errors:
 * CRM_INVALID_ARGUMENT (names the place), CRM_TOO_LARGE, CRM_NOT_FOUND: no such
 * record; then nothing is changed. */
CRM_API crm_status crm_tenant_apply_matches(crm_tenant* tenant,
                                            const crm_customer_match* matches,
                                            size_t count,
                                            const crm_merge_options* options,
                                            crm_match_report** out,
                                            crm_error** error) CRM_NOEXCEPT;

/* The report; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_match_report_view* crm_match_report_read(
    const crm_match_report* report) CRM_NOEXCEPT;

/* Frees the matches as well; what was written stays written. */
CRM_API void crm_match_report_free(crm_match_report* report) CRM_NOEXCEPT;

/* --- Households -------------------------------------------------------------
 *
 * Customers who live together, and stay who they are. Nobody is merged by a
 * household, no identifier moves, and no event changes hands: it has a number,
 * a name if the host gives it one, and members. Somebody says who belongs to
 * it, or a run finds out:
 *
 *   crm_household_join both[2] = {{7}, {12}};
 *   crm_household_change change = CRM_HOUSEHOLD_CHANGE_INIT;
 *   uint64_t household;
 *   change.name = crm_slice_of("H-4711");
 *   change.joins = both;
 *   change.join_count = 2;
 *   crm_tenant_change_household(tenant, &change, &household, &error);
 *
 * A membership belongs to the record that began the customer's id, whoever has
 * that record now. So it needs no step when customers are merged (the one who
 * stays is a member wherever one of the two was), and an unmerge gives each her
 * own households back. Who leaves does so with every record that makes her a
 * member then. Erasing a customer takes her out of every household. A customer
 * may be in several, and a household may be empty: its number stays, and is
 * never another's.
 *
 * What a run finds is derived: the next run changes it again when the evidence
 * has changed. What is said by hand stays: a run neither takes out who was put
 * in by hand, nor puts in who left by hand; a household that was made by hand
 * is nobody's but the host's, and whoever is in one by hand is put in no other
 * by a run.
 *
 * Two customers go together when enough kinds of evidence speak for it, one of
 * them more than a surname. A value that more than `max_members` customers
 * share says nothing: it is an office, a block of flats, a role address. Groups
 * grow from the pairs for which most speaks, and two groups join when half of
 * the pairs between them share a value: a chain of neighbours is no household.
 * The same store gives the same answer, and a second run finds nothing to do.
 *
 * Every change is a choice in the log; it says nothing about a person but
 * numbers and kinds of evidence.
 *
 * Who is asked about what she shares with the others of her home, a letter to
 * each address, an offer for families: that is what households are for. They
 * are not for telling whether two are one person; see crm_tenant_why for that.
 *
 * What may be asked of a household:
 *
 *   crm_household_query query = CRM_HOUSEHOLD_QUERY_INIT;
 *   query.customer = 7;
 *   crm_tenant_list_households(tenant, &query, &list, &error);
 *   view = crm_household_list_read(list);
 *   for (i = 0; i < view->household_count; ++i)
 *     show(view->households[i].name, view->households[i].member_count);
 *   crm_household_list_free(list);
 *
 * Who is merged away leads to the one who stays here, too: a customer who is
 * asked for by a retired id is the one it leads to. */

/* What speaks for a membership: bits. They are frozen, and more may come: a
 * program should pass over those that it does not know.
 *
 * ADDRESS: the same street with house number, and postcode or city.
 * EMAIL, PHONE: the same one in their profiles, or as an identifier that both
 *   named. IDENTIFIER: another shareable or ephemeral one that both named.
 * SURNAME: the same. */
enum {
  CRM_HOUSEHOLD_ADDRESS = 1,
  CRM_HOUSEHOLD_EMAIL = 2,
  CRM_HOUSEHOLD_PHONE = 4,
  CRM_HOUSEHOLD_SURNAME = 8,
  CRM_HOUSEHOLD_IDENTIFIER = 16
};

/* Of one household; who left by hand is counted, because that is kept until
 * she joins again or is erased. And of its name, in bytes of UTF-8. */
enum { CRM_MAX_HOUSEHOLD_MEMBERS = 1000, CRM_MAX_HOUSEHOLD_NAME_BYTES = 128 };

/* Somebody who joins. Fill it with zeros before you set a member.
 *
 * customer: may be a retired id. Then the membership belongs to the record that
 *   began this id, and goes with it should the merge be taken back.
 * evidence: bits of CRM_HOUSEHOLD_...: of a change that is DERIVED at least
 *   one, of any other none.
 * flags: zero. */
typedef struct crm_household_join {
  uint64_t customer;
  uint32_t evidence;
  uint32_t flags;
  uint64_t reserved[2];
} crm_household_join;

/* crm_household_change.flags. DERIVED: some finder of the host's says so, other
 * than crm_tenant_match_households, and it may be changed again by either.
 * Without it: by hand. */
enum { CRM_HOUSEHOLD_DERIVED = 1 };

/* What is to become of a household. Zero is the default of every member.
 *
 * A host that has a household's number of its own gives it as `name`, and finds
 * the household by it later, so that it needs to keep no number of libcrm's:
 *
 *   query.name = crm_slice_of("H-4711");
 *   crm_tenant_list_households(tenant, &query, &list, &error);
 *
 * household: 0: a new one.
 * name: of a new one, unique in the tenant, up to 128 bytes: its name
 *   elsewhere, such as a number. It is kept in the log for good: never the name
 *   of a person. May be empty.
 * joins: who is a member already stays one; by hand, if she was derived.
 * leaves: customers.
 * by, why: who says so, and for which reason; kept in the log for good, so
 *   write nothing about the persons. Up to 256 bytes each. */
typedef struct crm_household_change {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  uint64_t household;
  crm_slice name;
  const crm_household_join* joins;
  size_t join_count;
  const uint64_t* leaves;
  size_t leave_count;
  crm_slice by;
  crm_slice why;
} crm_household_change;

#define CRM_HOUSEHOLD_CHANGE_INIT                                        \
  {                                                                      \
    sizeof(crm_household_change), 0, 0, 0, {0, 0}, 0, 0, 0, 0, {0, 0}, { \
      0, 0                                                               \
    }                                                                    \
  }

/* All of a change happens at one instant, or nothing of it. What it says of
 * somebody twice counts once. Who leaves and is in it no more is remembered as
 * somebody who left, also if she never was a member: a run will not put her
 * in. To undo that, let her join by hand, or ask for a household of her own.
 *
 * A household cannot be deleted: those who were in it once are told by the
 * log. One without members is not listed, unless it is asked for. */

/* Makes a household, or changes who is in it; its number goes to *household
 * (which may be NULL). What is so already is no change. Durable when it
 * returns; nothing is changed when it fails: CRM_INVALID_ARGUMENT (nobody to
 * join or leave, and no new household; a name for one that is there; somebody
 * who joins and leaves; evidence), CRM_TOO_LARGE (a text; over 1,000 members,
 * or over 100 households of one customer), CRM_NOT_FOUND (names the household
 * or the customer), CRM_ERASED, CRM_ALREADY_EXISTS: the name. */
CRM_API crm_status crm_tenant_change_household(
    crm_tenant* tenant, const crm_household_change* change, uint64_t* household,
    crm_error** error) CRM_NOEXCEPT;

/* crm_household_query.flags. EMPTY: also those without members. */
enum { CRM_HOUSEHOLD_EMPTY = 1 };

/* Which households are wanted. Several conditions are all to hold; zero and
 * empty: any.
 *
 * customer: who was erased is CRM_ERASED.
 * limit: up to 1,000; 0: 100. after: only numbers greater than this one: the
 *   last one of the page before, so that a walk over all of them is
 *
 *     do {
 *       crm_tenant_list_households(tenant, &query, &list, &error);
 *       view = crm_household_list_read(list);
 *       count = view->household_count;
 *       if (count > 0) query.after = view->households[count - 1].id;
 *       crm_household_list_free(list);
 *     } while (count > 0); */
typedef struct crm_household_query {
  size_t struct_size;
  uint32_t flags;
  uint32_t limit;
  uint64_t household;
  uint64_t customer;
  crm_slice name;
  uint64_t after;
} crm_household_query;

#define CRM_HOUSEHOLD_QUERY_INIT \
  { sizeof(crm_household_query), 0, 0, 0, 0, {0, 0}, 0 }

/* A member of a household. Two customers who were members and are merged now
 * are one member, and two again when that is undone.
 *
 * record: to which the membership belongs; of several of hers the first.
 * position: of the choice by which she is a member.
 * evidence: bits of CRM_HOUSEHOLD_...; 0: by hand. flags: zero. */
typedef struct crm_household_member {
  uint64_t customer;
  uint64_t record;
  uint64_t position;
  uint32_t evidence;
  uint32_t flags;
  uint64_t reserved[2];
} crm_household_member;

/* A household as it is.
 *
 * name: empty: it has none.
 * position, at_us, by, why: of the choice that made it.
 * members: by customer.
 * flags: CRM_HOUSEHOLD_DERIVED: a run made it; else somebody did. */
typedef struct crm_household {
  uint64_t id;
  crm_slice name;
  uint64_t position;
  int64_t at_us;
  crm_slice by;
  crm_slice why;
  const crm_household_member* members;
  size_t member_count;
  uint32_t flags;
  uint32_t reserved0;
  uint64_t reserved[2];
} crm_household;

/* Some households, as of one instant: what changes later changes neither the
 * list nor what its views point at. Immutable, and of use to any thread. */
typedef struct crm_household_list crm_household_list;

/* What a crm_household_list holds: by number. */
typedef struct crm_household_list_view {
  const crm_household* households;
  size_t household_count;
  uint64_t reserved[2];
} crm_household_list_view;

/* The households of a tenant, of a customer, or one. CRM_NOT_FOUND: the
 * household, the customer or the name of the query. */
CRM_API crm_status crm_tenant_list_households(crm_tenant* tenant,
                                              const crm_household_query* query,
                                              crm_household_list** out,
                                              crm_error** error) CRM_NOEXCEPT;

/* The list; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_household_list_view* crm_household_list_read(
    const crm_household_list* list) CRM_NOEXCEPT;

/* Frees the list; the households are in the store. */
CRM_API void crm_household_list_free(crm_household_list* list) CRM_NOEXCEPT;

/* crm_household_match_options.flags. APPLY: write what was found. Without it: a
 * dry run, which counts and lists, and changes nothing. */
enum { CRM_HOUSEHOLD_APPLY = 1 };

/* A dry run says what it would do, and needs no right to write; look at it
 * before you apply the first one, and set the fields if nobody is found:
 *
 *   crm_household_match_options options = CRM_HOUSEHOLD_MATCH_OPTIONS_INIT;
 *   crm_tenant_match_households(tenant, &options, &report, &error);
 *   view = crm_household_report_read(report);
 *   printf("%" PRIu64 " households\n", view->households);
 *   crm_household_report_free(report);
 *   options.flags = CRM_HOUSEHOLD_APPLY;
 *   options.by = crm_slice_of("nightly");
 *   crm_tenant_match_households(tenant, &options, &report, &error);
 *
 * With `min_evidence` 1 an address alone is enough, which suits houses and not
 * flats; with 3 address, surname and telephone must agree. */

/* How households are looked for. Zero is the default of every member.
 *
 * min_evidence: so many kinds of evidence two customers need, up to 4; 0: 2.
 * max_members: so many members a household has at most, 2 to 100; 0: 10.
 * fields, progress, destroy: as in crm_match_options.
 * by, why: as in crm_household_change. */
typedef struct crm_household_match_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t min_evidence;
  uint64_t max_members;
  crm_slice fields;
  crm_slice by;
  crm_slice why;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_household_match_options;

#define CRM_HOUSEHOLD_MATCH_OPTIONS_INIT                                     \
  {                                                                          \
    sizeof(crm_household_match_options), 0, 0, 0, {0, 0}, {0, 0}, {0, 0}, 0, \
        0, 0                                                                 \
  }

/* What a run does to a household. The steps are in the order of the numbers;
 * those that make new ones come last, by their first customer.
 *
 * household: of a dry run a new one is number zero.
 * joins, leaves: as in crm_household_change. */
typedef struct crm_household_step {
  uint64_t household;
  const crm_household_join* joins;
  size_t join_count;
  const uint64_t* leaves;
  size_t leave_count;
  uint64_t reserved[2];
} crm_household_step;

/* What a run found, and what it did with it: as a log for those who want to
 * know later why a letter went to one home and not to another. Immutable. */
typedef struct crm_household_report crm_household_report;

/* What a crm_household_report holds. Of a dry run: what would be.
 *
 * records, customers: that know something of a household, and whose they are.
 * households: groups that were found. made: households that are new.
 * joined, left: memberships that are new, and those that ended.
 * remaining: households that would change, too: a run changes 10,000 at most.
 * steps: the first 1,000.
 * position: of the last choice that was written; zero: none was. */
typedef struct crm_household_report_view {
  uint64_t records;
  uint64_t customers;
  uint64_t households;
  uint64_t made;
  uint64_t joined;
  uint64_t left;
  uint64_t remaining;
  const crm_household_step* steps;
  size_t step_count;
  uint64_t position;
  uint64_t reserved[2];
} crm_household_report_view;

/* Memory: about 100 bytes for each customer and each value while it looks.
 * Time: about that of reading all profiles. Nothing of it happens at any other
 * time: events never make a household, or change one. So run it nightly, or
 * behind an import, as often as households are to be of today.
 *
 * What a run does with the households that there are: each goes to the group
 * that has most of its people, and then its members are those of the group,
 * but for those about whom somebody said otherwise. A household whose group is
 * gone is empty then, and a group without a household gets a new one. */

/* Finds households, and makes them what was found. Appends go on but for the
 * moment in which the choices are written; those are durable when it returns.
 * Errors: CRM_INVALID_ARGUMENT (an option; a field that there is not),
 * CRM_MALFORMED (fields), CRM_TOO_LARGE (fields, by, why), CRM_READ_ONLY, what
 * `progress` answered. */
CRM_API crm_status crm_tenant_match_households(
    crm_tenant* tenant, const crm_household_match_options* options,
    crm_household_report** out, crm_error** error) CRM_NOEXCEPT;

/* The report; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_household_report_view* crm_household_report_read(
    const crm_household_report* report) CRM_NOEXCEPT;

/* Frees the steps as well, with the joins and leaves that they point at; what
 * was written to the store stays written. */
CRM_API void crm_household_report_free(crm_household_report* report)
    CRM_NOEXCEPT;

/* What a piece of evidence is. The numbers are frozen.
 *
 * SHARED_IDENTIFIER: both named it.
 * LINK: why record a joined the customer of record b.
 * MERGE: a merge, by an event or by hand.
 * ASSERTION: a must-link or a cannot-link.
 * GUARD: what stands, or stood, against it: `reason`. */
enum {
  CRM_EVIDENCE_SHARED_IDENTIFIER = 1,
  CRM_EVIDENCE_LINK = 2,
  CRM_EVIDENCE_MERGE = 3,
  CRM_EVIDENCE_ASSERTION = 4,
  CRM_EVIDENCE_GUARD = 5
};

/* One piece of evidence.
 *
 * a, b: records. position: where it lies in the log; zero: nowhere in
 *   particular.
 * reason: one of CRM_IDENTITY_...
 * sign: 1: for, -1: against, 0: neither.
 * weight: of a merge by a match: bits; zero: it was none. */
typedef struct crm_identity_evidence {
  int32_t kind;
  int32_t confidence;
  int32_t reason;
  int32_t sign;
  uint64_t a;
  uint64_t b;
  uint64_t position;
  crm_slice name_space;
  double weight;
  uint64_t reserved;
} crm_identity_evidence;

/* Why two customers are one, or are not. Immutable. */
typedef struct crm_identity_explanation crm_identity_explanation;

/* What a crm_identity_explanation holds.
 *
 * a, b: as they stand now: equal when they are one.
 * evidence: for and against, in the order of the log.
 * text: the same for people: some lines of English, without any value of an
 *   identifier. */
typedef struct crm_identity_explanation_view {
  uint64_t a;
  uint64_t b;
  const crm_identity_evidence* evidence;
  size_t evidence_count;
  crm_slice text;
  uint64_t reserved[2];
} crm_identity_explanation_view;

/* For a page that shows why two entries were put together, and lets somebody
 * take it back:
 *
 *   if (crm_tenant_why(tenant, a, b, NULL, &why, &error) < 0) return fail();
 *   view = crm_identity_explanation_read(why);
 *   printf("%.*s\n", (int)view->text.size, view->text.data);
 *   for (i = 0; i < view->evidence_count; ++i)
 *     if (view->evidence[i].kind == CRM_EVIDENCE_MERGE)
 *       offer_to_undo(view->evidence[i].position);
 *   crm_identity_explanation_free(why);
 *
 * Neither text nor evidence holds a value of an identifier: only namespaces. */

/* Why two customers are one, or what speaks for it and against it. Numbers that
 * are retired stand for whom they lead to. */
CRM_API crm_status crm_tenant_why(crm_tenant* tenant, uint64_t a, uint64_t b,
                                  const crm_read_options* options,
                                  crm_identity_explanation** out,
                                  crm_error** error) CRM_NOEXCEPT;

/* Why two customers are not one. CRM_FAILED_PRECONDITION: they are. */
CRM_API crm_status crm_tenant_why_not(crm_tenant* tenant, uint64_t a,
                                      uint64_t b,
                                      const crm_read_options* options,
                                      crm_identity_explanation** out,
                                      crm_error** error) CRM_NOEXCEPT;

/* The explanation; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_identity_explanation_view* crm_identity_explanation_read(
    const crm_identity_explanation* explanation) CRM_NOEXCEPT;

/* Frees the text as well. */
CRM_API void crm_identity_explanation_free(
    crm_identity_explanation* explanation) CRM_NOEXCEPT;

/* Steps in the making of a customer. The numbers are frozen. BEGAN: with her
 * first record. ATTACHED: a record came in. MERGED: a customer came in, whose
 * number is `retired`. */
enum { CRM_STEP_BEGAN = 1, CRM_STEP_ATTACHED = 2, CRM_STEP_MERGED = 3 };

/* One step.
 *
 * record: which came in; of MERGED zero.
 * by, why: of a choice by hand or a match: who, and for which reason.
 * weight: of a merge by a match: bits; zero: it was none. */
typedef struct crm_identity_step {
  int32_t kind;
  int32_t confidence;
  uint64_t position;
  uint64_t record;
  uint64_t retired;
  crm_slice matched_by;
  crm_slice by;
  crm_slice why;
  double weight;
  uint64_t reserved;
} crm_identity_step;

/* How a customer came to be. Immutable. */
typedef struct crm_identity_history crm_identity_history;

/* What a crm_identity_history holds: her steps, in order; `text`: the same for
 * people. */
typedef struct crm_identity_history_view {
  uint64_t customer;
  const crm_identity_step* steps;
  size_t step_count;
  crm_slice text;
  uint64_t reserved[2];
} crm_identity_history_view;

/* A history names every record that came in and every merge, with the position
 * that crm_unmerge_target.merge takes:
 *
 *   for (i = 0; i < view->step_count; ++i)
 *     if (view->steps[i].kind == CRM_STEP_MERGED)
 *       printf("%llu came in at %llu\n",
 *              (unsigned long long)view->steps[i].retired,
 *              (unsigned long long)view->steps[i].position);
 */

/* How she came to be. */
CRM_API crm_status crm_tenant_how(crm_tenant* tenant, uint64_t customer,
                                  const crm_read_options* options,
                                  crm_identity_history** out,
                                  crm_error** error) CRM_NOEXCEPT;

/* The steps; they live as long as their handle. NULL for NULL. */
CRM_API const crm_identity_history_view* crm_identity_history_read(
    const crm_identity_history* history) CRM_NOEXCEPT;

/* Frees the texts as well. */
CRM_API void crm_identity_history_free(crm_identity_history* history)
    CRM_NOEXCEPT;

/* --- Privacy ---------------------------------------------------------------
 *
 * Erasing a person so that it can be proved. Whatever a store holds of her is
 * sealed with the keys of her records, or is a row that can be made again from
 * the log: erasing her is destroying those keys.
 *
 *   crm_erasure_options options = CRM_ERASURE_OPTIONS_INIT;
 *   options.flags = CRM_ERASURE_DRY_RUN;
 *   crm_tenant_erase(tenant, 7, &options, &plan, &error);
 *   ...                                      (look at crm_erasure_report_read)
 *   options.flags = 0;
 *   options.why = crm_slice_of("gdpr-request");
 *   crm_tenant_erase(tenant, 7, &options, &report, &error);
 *   keep(crm_erasure_report_read(report)->certificate);
 *
 * It goes in steps, each of them durable, so that a crash at any point is
 * finished by the next open:
 *
 *   requested    a choice in the log says who is erased, when, and why
 *   fenced       with it, in the same instant: nothing leads to her any more,
 *                and her number answers CRM_ERASED. An event that happened
 *                before and names her record, an account of hers, or an address
 *                that nobody else has, is refused: CRM_OUTCOME_ERASED
 *   keys gone    the keys of all records that she has then are destroyed, and
 *                the files that held them are rewritten: what is sealed is
 *                noise from here on, in the log, in copies and in backups
 *   views        her rows go, and the key that sealed them together with those
 *   purged       of others is renewed
 *   files        only with HARD: what was sealed goes, too, from the log and
 *   purged       from every file
 *   complete     a certificate says so, signed with the tenant's key
 *
 * What stays: the open parts of her events (type, times, source, numbers), the
 * choice itself, and keyed hashes of what is fenced. Who comes back with a
 * newer event is a new customer. Numbers of customers and records are never
 * given again. Of texts that hosts wrote beside her libcrm knows nothing.
 *
 * One event can lose what it says while its customer stays: crm_tenant_redact.
 */

/* How somebody is erased. The numbers are frozen.
 *
 * SHRED: her keys are destroyed.
 * ANONYMISE: as SHRED; before that what she did is counted, by type of events
 *   and calendar month (UTC): how many there were, and of each field that the
 *   type's schema names and does not make personal the sum of its numbers, or
 *   how often it was true, false or which of the texts of its enumeration.
 *   Free text, dates, arrays and what no schema names are left out. A sum to
 *   which ten erasures have added is written as part of an event of nobody, of
 *   type "crm.events.anonymised" and source "crm", at the first instant of its
 *   month; until then it waits, sealed, where nobody reads it. No event speaks
 *   of fewer than ten erasures; that nobody can be told in a sum is not
 *   promised: crm/privacy.h says what an attacker may still do. Appends wait
 *   while her events are read.
 * HARD: what was sealed is removed, too: of each of her events the log keeps
 *   header and digest, so that its chain can still be checked, and the files
 *   that held it are rewritten and searched. Takes as long as rewriting the log
 *   from her first event on, and the views. Copies and backups keep their
 *   bytes, which are noise as with SHRED. */
enum { CRM_ERASURE_SHRED = 1, CRM_ERASURE_ANONYMISE = 2, CRM_ERASURE_HARD = 3 };

/* crm_erasure_options.flags. DRY_RUN: say what would go, and change nothing.
 * CONFIRM: needed for a customer who has two values of one exclusive namespace,
 * because two accounts may be two people: see `doubtful` of the dry run.
 * WAIT_FOR_RELEASE: where a legal hold is in the way, the request is kept, and
 * done when the last of her holds is released. */
enum {
  CRM_ERASURE_DRY_RUN = 1,
  CRM_ERASURE_CONFIRM = 2,
  CRM_ERASURE_WAIT_FOR_RELEASE = 4
};

/* How to erase.
 *
 * mode: one of CRM_ERASURE_...; 0: SHRED.
 * by, why: who asked for it, and for which reason ("gdpr-request"). Kept in the
 *   log and in the certificate, and not erased: write nothing about her. Each
 *   up to 256 bytes (CRM_TOO_LARGE). */
typedef struct crm_erasure_options {
  size_t struct_size;
  uint32_t flags;
  int32_t mode;
  crm_slice by;
  crm_slice why;
} crm_erasure_options;

#define CRM_ERASURE_OPTIONS_INIT                        \
  {                                                     \
    sizeof(crm_erasure_options), 0, 0, {0, 0}, { 0, 0 } \
  }

/* crm_erasure_report_view.flags. COMPLETE: all steps are done. Without it: a
 * dry run, a request that waits for the release of holds, or what remains is
 * done by crm_store_maintain, the maintenance thread, or the next open. */
enum { CRM_ERASURE_COMPLETE = 1 };

/* One erasure, or what it would be.
 *
 * request: its name, 32 hexadecimal digits. Empty: a dry run.
 * position: of the choice in the log. Zero: a dry run.
 * customer: who was erased; of a retired number, the one to whom it led.
 * mode: one of CRM_ERASURE_...
 * at_us: what happened until then and names her is refused.
 * by, why: as in crm_erasure_options.
 * retired: numbers that lead to her, ascending; `retired_count` of them. Only
 *   of a dry run and of the erasure itself; none in a list.
 * records: hers, ascending: those whose keys are destroyed.
 * events: of hers. identifiers: that were hers. bytes: of her events, as they
 *   were sealed.
 * removed_bytes, files_searched: only with HARD, once it is complete: sealed
 *   bytes that were taken out of the log, and in how many files they were
 *   searched for and not found.
 * fenced: keyed hashes that stay, so that late events are told.
 * counted: only with ANONYMISE, and only of a dry run and of the erasure
 *   itself, as are the three that follow: how many of her events were counted.
 * counted_fields: of which fields, ascending: "OrderPlaced /total"; look
 *   whether one of these should be personal. `counted_field_count` of them.
 * anonymised: the payloads of the events of nobody that are written with it,
 *   by type and month; `anonymised_count` of them.
 * waiting_sums: sums of this tenant that wait behind it for more people.
 * doubtful: exclusive namespaces of which she has two values or more; as
 *   `retired`, none in a list.
 * holds: legal holds that are in the way, ascending; only of a dry run, and of
 *   a request that waits for their release: of such a one nothing is erased.
 * certificate: signed JSON; empty until it is complete.
 *
 * What it points at lives as long as what it stands in. */
typedef struct crm_erasure_report_view {
  crm_slice request;
  uint64_t position;
  uint64_t customer;
  int32_t mode;
  uint32_t flags;
  int64_t at_us;
  crm_slice by;
  crm_slice why;
  const uint64_t* retired;
  size_t retired_count;
  const uint64_t* records;
  size_t record_count;
  uint64_t events;
  uint64_t identifiers;
  uint64_t bytes;
  uint64_t removed_bytes;
  uint64_t files_searched;
  uint64_t fenced;
  const crm_slice* doubtful;
  size_t doubtful_count;
  const uint64_t* holds;
  size_t hold_count;
  crm_slice certificate;
  uint64_t counted;
  const crm_slice* counted_fields;
  size_t counted_field_count;
  const crm_slice* anonymised;
  size_t anonymised_count;
  uint64_t waiting_sums;
  uint64_t reserved[2];
} crm_erasure_report_view;

/* What became of an erasure. Immutable. */
typedef struct crm_erasure_report crm_erasure_report;

/* Erases a customer. When it returns, everything is done; should a step have
 * failed behind the choice, the answer is its error, she is fenced all the
 * same, and crm_store_maintain, the maintenance thread or the next open does
 * what remains. Waits for a crm_store_verify that is running. `out` may be
 * NULL.
 *
 * CRM_NOT_FOUND: no such customer. CRM_ERASED: she was already.
 * CRM_FAILED_PRECONDITION: it needs CONFIRM (names the namespace), or she is
 * held (names holds and categories). CRM_BUSY: with HARD, an open cursor keeps
 * an old file; the rest is done when it is gone. CRM_READ_ONLY, CRM_NO_SPACE,
 * CRM_IO_ERROR. */
CRM_API crm_status crm_tenant_erase(crm_tenant* tenant, uint64_t customer,
                                    const crm_erasure_options* options,
                                    crm_erasure_report** out,
                                    crm_error** error) CRM_NOEXCEPT;

/* The erasure; it lives as long as its report. NULL for NULL. */
CRM_API const crm_erasure_report_view* crm_erasure_report_read(
    const crm_erasure_report* report) CRM_NOEXCEPT;

/* Frees the report; what was erased stays so. The certificate lies in the
 * store, too: see crm_tenant_list_erasures. */
CRM_API void crm_erasure_report_free(crm_erasure_report* report) CRM_NOEXCEPT;

/* Does again what a certificate of this tenant and store says, where the store
 * has been set back to before it (a restore with keys that are older than the
 * erasure): the same records are erased under the same request, at a new
 * position. Done already: the report says so, and nothing changes. `out` may be
 * NULL.
 *
 * CRM_MALFORMED, CRM_FORMAT_TOO_NEW, CRM_TOO_LARGE: the text. CRM_DENIED: its
 * signature. CRM_INVALID_ARGUMENT: it is of another tenant or store.
 * CRM_CONFLICT: one of the records is now a customer's who has others, too;
 * names her: crm_tenant_unmerge first. */
CRM_API crm_status crm_tenant_apply_certificate(crm_tenant* tenant,
                                                crm_slice certificate,
                                                const crm_read_options* options,
                                                crm_erasure_report** out,
                                                crm_error** error) CRM_NOEXCEPT;

/* Every erasure of a tenant. Immutable. */
typedef struct crm_erasure_list crm_erasure_list;

/* What a crm_erasure_list holds: by position. */
typedef struct crm_erasure_list_view {
  const crm_erasure_report_view* erasures;
  size_t erasure_count;
  uint64_t reserved[2];
} crm_erasure_list_view;

/* Every erasure so far, also those that are not complete. They are read from
 * the journal beside the keys, which outlives a log that was set back: an
 * erasure may be listed that this log does not hold. */
CRM_API crm_status crm_tenant_list_erasures(crm_tenant* tenant,
                                            const crm_read_options* options,
                                            crm_erasure_list** out,
                                            crm_error** error) CRM_NOEXCEPT;

/* The erasures; they live as long as the list. NULL for NULL. */
CRM_API const crm_erasure_list_view* crm_erasure_list_read(
    const crm_erasure_list* list) CRM_NOEXCEPT;

/* Frees the list; the erasures are in the store. */
CRM_API void crm_erasure_list_free(crm_erasure_list* list) CRM_NOEXCEPT;

/* The public key that certificates of this tenant are signed for, as 64
 * hexadecimal digits: the same as long as the tenant's keys are. Keep it with
 * whoever is to check certificates. */
CRM_API crm_status crm_tenant_get_signing_key(crm_tenant* tenant,
                                              const crm_read_options* options,
                                              crm_buffer** out,
                                              crm_error** error) CRM_NOEXCEPT;

/* crm_redact_options.flags. DRY_RUN: say what would go, and change nothing. */
enum { CRM_REDACT_DRY_RUN = 1 };

/* How to redact an event.
 *
 * by, why: who asked for it, and for which reason; kept in the log. Each up to
 *   256 bytes (CRM_TOO_LARGE).
 * reserved: 0. */
typedef struct crm_redact_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  crm_slice by;
  crm_slice why;
} crm_redact_options;

#define CRM_REDACT_OPTIONS_INIT                        \
  {                                                    \
    sizeof(crm_redact_options), 0, 0, {0, 0}, { 0, 0 } \
  }

/* One event that was redacted, or would be.
 *
 * event: its position. position: of the choice in the log; zero: a dry run.
 * record, customer: whose it is; 0: nobody's.
 * bytes: of what was sealed of it, its identity included, which is sealed anew.
 * files_searched: in so many files it was searched for, and not found; zero: a
 *   dry run. */
typedef struct crm_redact_report {
  uint64_t event;
  uint64_t position;
  uint64_t record;
  uint64_t customer;
  uint64_t bytes;
  uint64_t files_searched;
  uint64_t reserved[2];
} crm_redact_report;

/* Takes what one event says out of the store; `event` is its position. A choice
 * in the log says who asked for it. The event keeps its open part, its ids, its
 * time as it was given, and its identity: how somebody is found is the
 * customer's. Payload, metadata and unknown members go from the log, from the
 * timeline and from every file, and what they had made of the profile is
 * undone. CRM_EVENT_VIEW_REDACTED says so from then on. Takes as long as
 * rewriting the log from the event on, and the timelines. Backups from before
 * still hold what it said, sealed with a key that lives: replace them. `out`
 * may be NULL.
 *
 * CRM_NOT_FOUND: no event there. CRM_ERASED: its person was.
 * CRM_ALREADY_EXISTS: it is redacted already. CRM_FAILED_PRECONDITION: an act
 * of consent is evidence, and goes with its person alone; or a legal hold keeps
 * the event (names it). CRM_BUSY, and errors behind the choice: as
 * crm_tenant_erase. */
CRM_API crm_status crm_tenant_redact(crm_tenant* tenant, uint64_t event,
                                     const crm_redact_options* options,
                                     crm_redact_report* out,
                                     crm_error** error) CRM_NOEXCEPT;

/* What a certificate says, once its signature was found right. Immutable. */
typedef struct crm_certificate_info crm_certificate_info;

/* What a crm_certificate_info holds.
 *
 * request, customer, position, records: as in crm_erasure_report_view.
 * tenant: its name.
 * public_key: who signed it: 64 hexadecimal digits. */
typedef struct crm_certificate_info_view {
  crm_slice request;
  crm_slice tenant;
  uint64_t customer;
  uint64_t position;
  const uint64_t* records;
  size_t record_count;
  crm_slice public_key;
  uint64_t reserved[2];
} crm_certificate_info_view;

/* Checks the signature of a certificate and reads it; needs no store.
 * `public_key`: 64 hexadecimal digits, and the certificate must be signed by
 * it; empty: whoever signed it. CRM_DENIED: the signature does not fit, or is
 * another key's. CRM_MALFORMED, CRM_FORMAT_TOO_NEW, CRM_TOO_LARGE (over 1 MiB):
 * the text. CRM_INVALID_ARGUMENT: the key. */
CRM_API crm_status crm_verify_certificate(crm_slice certificate,
                                          crm_slice public_key,
                                          const crm_read_options* options,
                                          crm_certificate_info** out,
                                          crm_error** error) CRM_NOEXCEPT;

/* What it says; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_certificate_info_view* crm_certificate_info_read(
    const crm_certificate_info* info) CRM_NOEXCEPT;

/* Frees what was read, not what was erased. */
CRM_API void crm_certificate_info_free(crm_certificate_info* info) CRM_NOEXCEPT;

/* --- Legal hold ------------------------------------------------------------
 *
 * What must not go, whoever wants it erased; and what kinds of data there are.
 * A hold is put on a customer, as a whole or for some categories of her data,
 * and lasts until it is released. It is a choice in the log: it outlives
 * exports, imports and backups, and says nothing about the person.
 *
 *   crm_hold_options options = CRM_HOLD_OPTIONS_INIT;
 *   crm_slice orders = crm_slice_of("orders");
 *   options.categories = &orders;
 *   options.category_count = 1;
 *   options.why = crm_slice_of("case 4711");
 *   crm_tenant_place_hold(tenant, 7, &options, &hold, &error);
 *   crm_tenant_erase(tenant, 7, NULL, NULL, &error);
 *                                          (CRM_FAILED_PRECONDITION)
 *   crm_tenant_release_hold(tenant, hold, NULL, NULL, &error);
 *
 * An erasure that was asked for meanwhile need not be asked for again:
 *
 *   crm_erasure_options later = CRM_ERASURE_OPTIONS_INIT;
 *   later.flags = CRM_ERASURE_WAIT_FOR_RELEASE;
 *   crm_tenant_erase(tenant, 7, &later, NULL, &error);     (is kept)
 *   crm_tenant_release_hold(tenant, hold, NULL, &release, &error);
 *   view = crm_hold_release_read(release);
 *   for (i = 0; i < view->erased_count; ++i)
 *     keep(view->erased[i].certificate);
 *   crm_hold_release_free(release);
 *
 * While she is held she is not erased, whatever the categories: a record has
 * one key for all of its events, so that she goes as a whole or not at all.
 * Single events of the categories that are held are not redacted either.
 * Nothing else is held back: events go on to come in, customers are merged and
 * unmerged. A hold on one of two who are merged is a hold on both as long as
 * they are one; after an unmerge it holds everybody who has one of the records
 * that she had when it was placed, and whoever bears her number.
 *
 * A category is a set of types of events: whole names, or beginnings that end
 * with "*". An alias counts as the type that it stands for. A type may be in
 * several; those that are in none are in "others". These are there until a
 * tenant sets others:
 *   profile     who she is: CustomerCreated, contact.updated ...
 *   consent     what she allowed: ConsentGranted, PreferencesUpdated ...
 *   messaging   what was sent to her: message.sent, EmailSent ...
 *   orders      orders, contracts and payments: OrderPlaced, PaymentFailed ...
 *   browsing    what she looked at: PageViewed, CartCreated ...
 *   bookings    teetime.booking.created, teetime.competition.entered ...
 *   aggregates  crm.events.anonymised: sums over many people
 *
 * What a hold is of is looked up when it is asked for: a category whose types
 * are set anew holds what it holds then.
 *
 * Settings: what a tenant can define, as JSON. All members may be missing.
 *   categories  {name: [types]}. What is named takes the place of the default
 *               of that name, or is a new one; null takes a default away. Up to
 *               100 of up to 1,000 types; a name has up to 64 bytes. "others"
 *               cannot be named. A category that an open hold names cannot be
 *               taken away.
 */

/* What is to be held.
 *
 * categories: of the settings, or "others". None: everything.
 * by, why: who wants it, and for which reason. Kept in the log for good, so
 *   write nothing about the person. Each up to 256 bytes (CRM_TOO_LARGE).
 * reserved: 0. */
typedef struct crm_hold_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  const crm_slice* categories;
  size_t category_count;
  crm_slice by;
  crm_slice why;
} crm_hold_options;

#define CRM_HOLD_OPTIONS_INIT                                 \
  {                                                           \
    sizeof(crm_hold_options), 0, 0, NULL, 0, {0, 0}, { 0, 0 } \
  }

/* Puts a hold on a customer; its number, from 1 within the tenant, goes to
 * *hold (which may be NULL). Durable when it returns.
 *
 * CRM_NOT_FOUND: no such customer. CRM_ERASED: she was erased.
 * CRM_INVALID_ARGUMENT: a category that there is not (names it), or a text. */
CRM_API crm_status crm_tenant_place_hold(crm_tenant* tenant, uint64_t customer,
                                         const crm_hold_options* options,
                                         uint64_t* hold,
                                         crm_error** error) CRM_NOEXCEPT;

/* Several holds on one person are several reasons: each is released for itself,
 * and she is held until none is left. A hold that was released cannot be placed
 * again; place another one, which gets a number of its own. */

/* One hold.
 *
 * id: its number. position, at_us: of the choice that placed it, and when.
 * customer: whom it was placed on; of a number that is retired now, the one to
 *   whom it leads.
 * categories: ascending; none: everything.
 * by, why: as in crm_hold_options.
 * released_position, ...: the same of its release; position 0: it is open. */
typedef struct crm_hold {
  uint64_t id;
  uint64_t position;
  int64_t at_us;
  uint64_t customer;
  const crm_slice* categories;
  size_t category_count;
  crm_slice by;
  crm_slice why;
  uint64_t released_position;
  int64_t released_at_us;
  crm_slice released_by;
  crm_slice released_why;
  uint64_t reserved[2];
} crm_hold;

/* An erasure that waits for the release of holds.
 *
 * position, at_us: of the choice that keeps it, and when.
 * customer: as in crm_hold.
 * mode: one of CRM_ERASURE_...; flags: CRM_ERASURE_CONFIRM, when it was given.
 * by, why: as in crm_erasure_options.
 * holds: those that it waits for, ascending. None: it was cut off, or it failed
 *   when the last one was released; crm_tenant_erase does it. */
typedef struct crm_waiting_erasure {
  uint64_t position;
  int64_t at_us;
  uint64_t customer;
  int32_t mode;
  uint32_t flags;
  crm_slice by;
  crm_slice why;
  const uint64_t* holds;
  size_t hold_count;
  uint64_t reserved[2];
} crm_waiting_erasure;

/* Who releases a hold, and for which reason: as in crm_hold_options.
 * reserved: 0. */
typedef struct crm_hold_release_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  crm_slice by;
  crm_slice why;
} crm_hold_release_options;

#define CRM_HOLD_RELEASE_OPTIONS_INIT                        \
  {                                                          \
    sizeof(crm_hold_release_options), 0, 0, {0, 0}, { 0, 0 } \
  }

/* What became of a release. Immutable. */
typedef struct crm_hold_release crm_hold_release;

/* What a crm_hold_release holds.
 *
 * hold: as it is now.
 * erased: erasures that had waited for it, and are done.
 * failed: customers whose erasure had waited and failed; it waits still. The
 *   hold is released all the same. */
typedef struct crm_hold_release_view {
  crm_hold hold;
  const crm_erasure_report_view* erased;
  size_t erased_count;
  const uint64_t* failed;
  size_t failed_count;
  uint64_t reserved[2];
} crm_hold_release_view;

/* Releases a hold, and then erases whoever waited for that and is held by no
 * other. `out` may be NULL.
 *
 * CRM_NOT_FOUND: no such hold. CRM_FAILED_PRECONDITION: it was released
 * already. CRM_INVALID_ARGUMENT, CRM_TOO_LARGE: a text. */
CRM_API crm_status crm_tenant_release_hold(
    crm_tenant* tenant, uint64_t hold, const crm_hold_release_options* options,
    crm_hold_release** out, crm_error** error) CRM_NOEXCEPT;

/* It lives as long as its handle. NULL for NULL. */
CRM_API const crm_hold_release_view* crm_hold_release_read(
    const crm_hold_release* release) CRM_NOEXCEPT;

/* Frees the report; what was released stays so. */
CRM_API void crm_hold_release_free(crm_hold_release* release) CRM_NOEXCEPT;

/* crm_hold_query.flags. RELEASED: also those that were released. */
enum { CRM_HOLD_RELEASED = 1 };

/* Which holds to list.
 *
 * customer: only those that hold her; 0: all.
 * reserved: 0. */
typedef struct crm_hold_query {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  uint64_t customer;
} crm_hold_query;

#define CRM_HOLD_QUERY_INIT \
  { sizeof(crm_hold_query), 0, 0, 0 }

/* Whether somebody is held is one call:
 *
 *   crm_hold_query query = CRM_HOLD_QUERY_INIT;
 *   query.customer = 7;
 *   crm_tenant_list_holds(tenant, &query, &list, &error);
 *   held = crm_hold_list_read(list)->hold_count > 0;
 *   crm_hold_list_free(list);
 *
 * and so is what an erasure would say of it, without erasing: `holds` of the
 * report of a dry run. */

/* Holds, and what waits for them. Immutable. */
typedef struct crm_hold_list crm_hold_list;

/* What a crm_hold_list holds: by number, and by position. */
typedef struct crm_hold_list_view {
  const crm_hold* holds;
  size_t hold_count;
  const crm_waiting_erasure* waiting;
  size_t waiting_count;
  uint64_t reserved[2];
} crm_hold_list_view;

/* The holds of a tenant. CRM_NOT_FOUND: the customer of the query. */
CRM_API crm_status crm_tenant_list_holds(crm_tenant* tenant,
                                         const crm_hold_query* query,
                                         crm_hold_list** out,
                                         crm_error** error) CRM_NOEXCEPT;

/* They live as long as the list. NULL for NULL. */
CRM_API const crm_hold_list_view* crm_hold_list_read(const crm_hold_list* list)
    CRM_NOEXCEPT;

/* Frees the list; the holds are in the store. */
CRM_API void crm_hold_list_free(crm_hold_list* list) CRM_NOEXCEPT;

/* Categories of data, as one JSON object: see "Settings" in the chapter above.
 * Takes the place of everything set before; "{}" is all defaults. Counts from
 * now on. Durable when it returns; the same again changes nothing.
 * CRM_MALFORMED: not JSON; CRM_INVALID_ARGUMENT: names the place as a JSON
 * pointer, and what must be there; CRM_TOO_LARGE; CRM_FAILED_PRECONDITION: an
 * open hold names a category that would go (names both). */
CRM_API crm_status crm_tenant_set_privacy_settings(
    crm_tenant* tenant, crm_slice json, crm_error** error) CRM_NOEXCEPT;

/* What counts now, with all defaults spelled out, in a buffer that is yours:
 * change what you like, and set it again. */
CRM_API crm_status crm_tenant_get_privacy_settings(
    crm_tenant* tenant, const crm_read_options* options, crm_buffer** out,
    crm_error** error) CRM_NOEXCEPT;

/* --- Retention -------------------------------------------------------------
 *
 * Removing what events say when they have happened longer ago than the settings
 * of privacy let them be kept. Nothing goes by itself: the host calls, and says
 * which time it is.
 *
 *   crm_tenant_set_privacy_settings(
 *       tenant, crm_slice_of("{\"retention\": {\"days\": 90}}"), &error);
 *   options.flags = CRM_RETAIN_DRY_RUN;
 *   crm_tenant_retain(tenant, now_us, &options, &plan, &error);
 *   ...                              (look at crm_retention_report_read)
 *   options.flags = 0;
 *   crm_tenant_retain(tenant, now_us, &options, NULL, &error);
 *
 * What goes: payload, metadata, ids and identity of the event, out of the log,
 * out of the timeline, out of every file. Readers then find its open part
 * (CRM_EVENT_VIEW_EXPIRED). Also of events that are nobody's.
 *
 * What stays: the open part, so that counts by type, and first and last times,
 * are exact for ever; and what the event has made: who is whose, merges that
 * can be undone, profiles with the source and time of every value that an event
 * has won, as if nothing had gone, also when the views are made anew from the
 * log, and for events that come later, whenever they have happened. That much
 * of it is carried in its place, sealed with the key of its record, so that an
 * erasure takes it, too.
 *
 * What is exempt: acts of consent, whatever the settings say, and what a legal
 * hold is of. So decisions and histories of consent can be asked for as of any
 * time.
 *
 * A choice in the log, the mark, says what went. A run that is cut off is
 * finished by maintenance, the next run or the next open; a reader sees an
 * event either whole or expired (but for a cursor that was opened before). An
 * export has events that are expired as it has those that are erased. Backups
 * that were made before hold what went. A value that had lost against another
 * one does not come back should that be redacted later.
 *
 * Settings, beside "categories": for how many days (1 to 36,500, of 24 hours)
 * what events say is kept. Nothing is removed by default; 90 is what many take.
 *   retention   {"types": {type: days}, "categories": {name: days}, "days":
 *               days}. The first that fits counts: the whole name of the type
 *               (or of what it is an alias of), its longest beginning that ends
 *               with "*", its category (of several the longest time; "others"
 *               among them), `days`. What nothing fits stays. `days` is not
 *               for crm.events.anonymised, which are sums over many people.
 *               Events for 90 days, and sums for seven years:
 *               {"days": 90, "categories": {"aggregates": 2555}}
 */

/* crm_retain_options.flags. DRY_RUN: say what would go, and change nothing. */
enum { CRM_RETAIN_DRY_RUN = 1 };

/* How to retain.
 *
 * max_events: at most so many, the oldest in the log; 0: all. To go on in
 *   steps, see `more` of the report.
 * by, why: who wants it, and for which reason. Kept in the log. Each up to 256
 *   bytes (CRM_TOO_LARGE).
 * progress: log records looked at, of how many (each is looked at twice).
 *   Anything but 0 stops: before the mark nothing has changed then, after it
 *   maintenance, the next call or the next open does the rest. May be NULL.
 * destroy: may be NULL; called with user_data before the call returns.
 * reserved: 0. */
typedef struct crm_retain_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  uint64_t max_events;
  crm_slice by;
  crm_slice why;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_retain_options;

#define CRM_RETAIN_OPTIONS_INIT \
  { sizeof(crm_retain_options), 0, 0, 0, {0, 0}, {0, 0}, 0, 0, 0 }

/* What of one type went, or would go.
 *
 * before_us: what happened before it is too old.
 * events; bytes: as they were sealed. customers: as they are now; nobody is
 *   none. held: events that would have gone but for a hold. */
typedef struct crm_retained_type {
  crm_slice type;
  int64_t before_us;
  uint64_t events;
  uint64_t bytes;
  uint64_t customers;
  uint64_t held;
  uint64_t reserved[2];
} crm_retained_type;

/* What became of a run. Immutable. */
typedef struct crm_retention_report crm_retention_report;

/* What a crm_retention_report holds.
 *
 * position: of the mark in the log. Zero: a dry run, or nothing was too old.
 * as_of_us: what was asked for. last: the last event that was removed.
 * types: those of which something went or is held, by name.
 * events, bytes, held: of all types.
 * more: 1: more is too old than max_events. */
typedef struct crm_retention_report_view {
  uint64_t position;
  int64_t as_of_us;
  uint64_t last;
  const crm_retained_type* types;
  size_t type_count;
  uint64_t events;
  uint64_t bytes;
  uint64_t held;
  uint64_t more;
  uint64_t reserved[2];
} crm_retention_report_view;

/* Removes what events say that are older at `as_of_us` than the settings let
 * them be kept. Waits for a verify, or an erasure, that is running; appends and
 * readers go on. `out` may be NULL.
 *
 * CRM_FAILED_PRECONDITION: the settings say nothing of retention.
 * CRM_INVALID_ARGUMENT: `as_of_us` is later than the store's clock or out of
 * range, or a text. CRM_TOO_LARGE. CRM_CANCELLED. CRM_CONFLICT: held customers
 * were merged again and again meanwhile; try again. Errors behind the mark: all
 * of it is read as expired, and maintenance, the next call or the next open
 * does the rest; CRM_BUSY: nothing but old files, which an open cursor keeps.
 */
CRM_API crm_status crm_tenant_retain(crm_tenant* tenant, int64_t as_of_us,
                                     const crm_retain_options* options,
                                     crm_retention_report** out,
                                     crm_error** error) CRM_NOEXCEPT;

/* It lives as long as its handle. NULL for NULL. */
CRM_API const crm_retention_report_view* crm_retention_report_read(
    const crm_retention_report* report) CRM_NOEXCEPT;

/* Frees the report; what was removed stays so. */
CRM_API void crm_retention_report_free(crm_retention_report* report)
    CRM_NOEXCEPT;

/* --- Profile ---------------------------------------------------------------
 *
 * What is known about a customer. The value of a trait is the one with the
 * greatest (event time, source rank, event id), whatever the order in which
 * events arrived; JSON null takes a trait away.
 *
 *   crm_profile *profile = NULL;
 *   const crm_trait *name;
 *   if (crm_tenant_get_profile(tenant, 7, NULL, &profile, &error) < 0) ...
 *   name = crm_profile_find(profile, crm_slice_of("firstName"));
 *   if (name != NULL) printf("%.*s\n", (int)name->value.size,
 *                            name->value.data);
 *   crm_profile_free(profile);
 */

/* Where traits come from: identity hints (email, phoneNumber), `traits` objects
 * in payloads, and payload fields of profile events (CustomerCreated,
 * scl.member.updated and so on). Every value names the event that set it, so
 * that each of them can be explained:
 *
 *   query.first = query.last = trait->position;
 *   crm_tenant_replay(tenant, &query, &cursor, &error);
 */

/* One thing that is known.
 *
 * name: as in the catalogue ("email", "firstName"), otherwise the field's own.
 * value: JSON text, to the letter of the source: "Ada", 36, true.
 * occurred_at_us, source, position: when it happened, who said so, in which
 *   event. */
typedef struct crm_trait {
  crm_slice name;
  crm_slice value;
  crm_slice source;
  int64_t occurred_at_us;
  uint64_t position;
  uint64_t reserved[2];
} crm_trait;

/* A profile as of one position. Immutable, but for crm_tenant_read_profile and
 * crm_snapshot_read_profile, which fill it again: one thread at a time then. */
typedef struct crm_profile crm_profile;

/* What a crm_profile holds.
 *
 * version: the position of the last event that was folded in.
 * events: how many are hers; without any both times are zero.
 * first_seen_us, last_seen_us: earliest and latest event time.
 * traits: sorted by name; at most 1,000. */
typedef struct crm_profile_view {
  uint64_t customer;
  uint64_t version;
  uint64_t events;
  int64_t first_seen_us;
  int64_t last_seen_us;
  const crm_trait* traits;
  size_t trait_count;
  uint64_t reserved[3];
} crm_profile_view;

/* All that is known about her. CRM_NOT_FOUND: no such customer. */
CRM_API crm_status crm_tenant_get_profile(crm_tenant* tenant, uint64_t customer,
                                          const crm_read_options* options,
                                          crm_profile** out,
                                          crm_error** error) CRM_NOEXCEPT;

/* The same as of the snapshot. */
CRM_API crm_status crm_snapshot_get_profile(crm_snapshot* snapshot,
                                            uint64_t customer,
                                            const crm_read_options* options,
                                            crm_profile** out,
                                            crm_error** error) CRM_NOEXCEPT;

/* An empty profile, to be filled by the next two. */
CRM_API crm_status crm_profile_new(crm_profile** out,
                                   crm_error** error) CRM_NOEXCEPT;

/* A service that answers many questions keeps one profile for each of its
 * threads:
 *
 *   static _Thread_local crm_profile *profile;
 *   if (profile == NULL) crm_profile_new(&profile, NULL);
 *   if (crm_tenant_read_profile(tenant, ada, NULL, profile, &error) == CRM_OK)
 *     answer(crm_profile_read(profile));
 */

/* As crm_tenant_get_profile, into a profile that is used again and again: no
 * memory is taken once it is warm. What was read from it before is no longer
 * valid; after an error it is empty. */
CRM_API crm_status crm_tenant_read_profile(crm_tenant* tenant,
                                           uint64_t customer,
                                           const crm_read_options* options,
                                           crm_profile* profile,
                                           crm_error** error) CRM_NOEXCEPT;

/* The same as of the snapshot. */
CRM_API crm_status crm_snapshot_read_profile(crm_snapshot* snapshot,
                                             uint64_t customer,
                                             const crm_read_options* options,
                                             crm_profile* profile,
                                             crm_error** error) CRM_NOEXCEPT;

/* The traits; they live until the profile is filled again or freed. NULL for
 * NULL. */
CRM_API const crm_profile_view* crm_profile_read(const crm_profile* profile)
    CRM_NOEXCEPT;

/* The trait of this name, or NULL when there is none. Lives as the traits
 * do. */
CRM_API const crm_trait* crm_profile_find(const crm_profile* profile,
                                          crm_slice name) CRM_NOEXCEPT;

/* Frees the traits that were read; what is known stays in the store. */
CRM_API void crm_profile_free(crm_profile* profile) CRM_NOEXCEPT;

/* --- Timeline --------------------------------------------------------------
 *
 *   crm_timeline_query query = CRM_TIMELINE_QUERY_INIT;
 *   crm_timeline *page = NULL, *last = NULL;
 *   for (;;) {
 *     if (crm_tenant_get_timeline(tenant, ada, &query, &page, &error) < 0)
 *       return fail(error);
 *     show(crm_timeline_read(page));
 *     if (crm_timeline_read(page)->next.size == 0) break;
 *     query.cursor = crm_timeline_read(page)->next;
 *     crm_timeline_free(last);
 *     last = page;
 *   }
 *   crm_timeline_free(page);
 *   crm_timeline_free(last);
 *
 * (The cursor is borrowed from the page before, which is freed afterwards.)
 *
 * What a customer did, in pages by event time; events of one time are ordered
 * by position. The cursor of a page is stable: events that arrive between two
 * pages shift nothing.
 */

/* Which part of it is wanted.
 *
 * flags: CRM_QUERY_FROM, UNTIL, OLDEST_FIRST.
 * limit: entries on a page, 1 to 1,000; zero: 50.
 * from_us, until_us: event time, half open.
 * types: any of these; none: all.
 * cursor: `next` of the page before, of the same query; empty: the first
 *   page. */
typedef struct crm_timeline_query {
  size_t struct_size;
  uint32_t flags;
  uint32_t limit;
  int64_t from_us;
  int64_t until_us;
  const crm_slice* types;
  size_t type_count;
  crm_slice cursor;
} crm_timeline_query;

#define CRM_TIMELINE_QUERY_INIT                            \
  {                                                        \
    sizeof(crm_timeline_query), 0, 0, 0, 0, 0, 0, { 0, 0 } \
  }

/* One event as the timeline shows it. `flags`: CRM_EVENT_VIEW_OPENED; without
 * it the person's key is gone, and id, payload and version (which is that of
 * the payload) are empty. CRM_EVENT_VIEW_REDACTED: the payload was taken out.
 * CRM_EVENT_VIEW_EXPIRED: it is older than it may be kept, and not opened. */
typedef struct crm_timeline_entry {
  uint64_t position;
  int64_t occurred_at_us;
  uint64_t record;
  uint32_t flags;
  uint32_t reserved0;
  crm_slice type;
  crm_slice source;
  crm_slice id;
  crm_slice payload;
  crm_slice version;
  uint64_t reserved[2];
} crm_timeline_entry;

/* One page of a timeline. Immutable. */
typedef struct crm_timeline crm_timeline;

/* What a crm_timeline holds. `next`: goes into crm_timeline_query.cursor;
 * empty: this was the last page. `total`: matching entries over all pages. */
typedef struct crm_timeline_view {
  const crm_timeline_entry* entries;
  size_t entry_count;
  crm_slice next;
  uint64_t total;
  uint64_t reserved[3];
} crm_timeline_view;

/* The timeline is read from her own records, not from the log: a page costs the
 * same however large the store is. An event that arrives late stands where it
 * happened. */

/* A page. CRM_NOT_FOUND: no such customer. CRM_INVALID_ARGUMENT: the limit, or
 * a cursor of another query. */
CRM_API crm_status crm_tenant_get_timeline(crm_tenant* tenant,
                                           uint64_t customer,
                                           const crm_timeline_query* query,
                                           crm_timeline** out,
                                           crm_error** error) CRM_NOEXCEPT;

/* The same as of the snapshot. */
CRM_API crm_status crm_snapshot_get_timeline(crm_snapshot* snapshot,
                                             uint64_t customer,
                                             const crm_timeline_query* query,
                                             crm_timeline** out,
                                             crm_error** error) CRM_NOEXCEPT;

/* The entries; they live as long as the page. NULL for NULL. */
CRM_API const crm_timeline_view* crm_timeline_read(const crm_timeline* timeline)
    CRM_NOEXCEPT;

/* Frees the entries as well. */
CRM_API void crm_timeline_free(crm_timeline* timeline) CRM_NOEXCEPT;

/* --- Criteria ---------------------------------------------------------------
 *
 * Who is meant? A question about customers, as JSON, that is true, false or
 * unknown of each of them at an instant:
 *
 *   crm_slice criteria = crm_slice_of(
 *       "{\"and\": [{\"field\": \"country\", \"operator\": \"eq\", "
 *       "\"value\": \"ZA\"}, {\"event\": \"order.placed\", "
 *       "\"operator\": \"gte\", \"value\": 3, "
 *       "\"window\": {\"last\": {\"days\": 30}}}]}");
 *   crm_criteria_options options = CRM_CRITERIA_OPTIONS_INIT;
 *   int32_t truth;
 *   crm_buffer* proof;
 *   options.flags = CRM_CRITERIA_TEXT;
 *   status = crm_tenant_evaluate(tenant, ada, criteria, &options, &truth,
 *                                &proof, &error);
 *   if (truth == CRM_TRUTH_TRUE) greet();
 *   puts(crm_buffer_data(proof));
 *   crm_buffer_free(proof);
 *
 * The nodes, in short; crm_criteria_schema is the whole of it, and the header
 * crm/criteria.h of C++ says what each of them means:
 *
 *   {"and": [NODE, ...]}  {"or": [NODE, ...]}  {"not": NODE}
 *   {"combinator": "AND", "rules": [NODE, ...]}
 *   {"field": PATH, "operator": OPERATOR, "value": VALUE}
 *   {"event": TYPES, "where": FILTER, "window": WINDOW, "aggregate": "count",
 *    "of": PATH, "operator": OPERATOR, "value": NUMBER}
 *   {"event": TYPES, "where": FILTER, "window": WINDOW, "pick": "last",
 *    "has": FILTER}
 *   {"sequence": [{"event": TYPES, "where": FILTER}, {"event": TYPES}],
 *    "within": DURATION, "join": PATH, "window": WINDOW}
 *   {"consent": PURPOSE, "channel": "email", "is": "allow"}
 *   {"bucket": TEXT, "of": N, "from": A, "until": B}
 *
 * FILTER is {"property": PATH, "operator": OPERATOR, "value": VALUE} of the
 * payload, and and/or/not of such. Operators: eq neq in notIn gt gte lt lte
 * between contains notContains startsWith endsWith matches isNull isNotNull
 * hasAny hasAll hasNone near. Windows: {"last": {"days": 30}}, {"calendar":
 * "month", "offset": -1}, {"from": "2026-01-01", "until": "2026-02-01"}.
 *
 * Only of whom it is true is meant. It is unknown where something is not there
 * (but for isNull and isNotNull), is of another type than the operator asks
 * for, or hangs on what nobody can read any more; `not` of unknown is unknown,
 * so that neither a criterion nor its `not` holds somebody of whom it is not
 * known.
 *
 * Events count up to the instant of the question, by their own time, in
 * whatever order they came; traits are as they were then. */

/* What criteria are of somebody. The numbers are frozen. */
enum { CRM_TRUTH_FALSE = 0, CRM_TRUTH_TRUE = 1, CRM_TRUTH_UNKNOWN = 2 };

/* Limits of criteria: their text, groups within groups, nodes in all, values in
 * an array; and customers whom a preview names. */
enum {
  CRM_MAX_CRITERIA_BYTES = 65536,
  CRM_MAX_CRITERIA_DEPTH = 16,
  CRM_MAX_CRITERIA_NODES = 500,
  CRM_MAX_CRITERIA_VALUES = 1000,
  CRM_MAX_CRITERIA_SAMPLE = 10000
};

/* The JSON Schema (draft 7) of criteria. A text that lives as long as the
 * library; it is installed as share/crm/criteria.schema.json, too. */
CRM_API const char* crm_criteria_schema(void) CRM_NOEXCEPT;

/* Criteria in words, for people: English, one line. Also the way to look
 * whether they are some: errors name the node by its JSON pointer
 * ("/and/1/window/last"), what is wrong and the limit, never a value.
 * CRM_MALFORMED: not JSON; CRM_TOO_LARGE: a limit; CRM_INVALID_ARGUMENT:
 * everything else, such as a member or an operator that there is not, an empty
 * group, a value of the wrong type, an expression that RE2 does not take. */
CRM_API crm_status crm_criteria_describe(crm_slice criteria, crm_buffer** out,
                                         crm_error** error) CRM_NOEXCEPT;

/* crm_criteria_options.flags. AS_OF: as_of_us says the instant; without it, it
 * is now, by the store's clock. TEXT: the proof is lines for people, and not
 * JSON. */
enum { CRM_CRITERIA_AS_OF = 1, CRM_CRITERIA_TEXT = 2 };

/* At which instant a question is put.
 *
 * as_of_us: with AS_OF.
 * time_zone: where days, weeks, months and years begin: "Europe/Berlin"; empty:
 *   UTC.
 * reserved: 0. */
typedef struct crm_criteria_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  int64_t as_of_us;
  crm_slice time_zone;
} crm_criteria_options;

#define CRM_CRITERIA_OPTIONS_INIT                   \
  {                                                 \
    sizeof(crm_criteria_options), 0, 0, 0, { 0, 0 } \
  }

/* Whether criteria are true of a customer: one of CRM_TRUTH_... goes to *truth.
 * `proof` may be NULL; else it gets why: each node with what was found and the
 * events that decide it, as a JSON object {"customer", "truth", "as_of",
 * "position", "proof": {"path", "truth", "text", "value", "reason", "events",
 * "matching", "unreadable", "parts"}}. It holds personal data.
 *
 * Reads what they ask about: her profile, and her events where they ask about
 * events. CRM_NOT_FOUND, CRM_ERASED; CRM_INVALID_ARGUMENT: as_of_us is out of
 * range, or the time zone is not known; what crm_criteria_describe says of
 * criteria. */
CRM_API crm_status crm_tenant_evaluate(crm_tenant* tenant, uint64_t customer,
                                       crm_slice criteria,
                                       const crm_criteria_options* options,
                                       int32_t* truth, crm_buffer** proof,
                                       crm_error** error) CRM_NOEXCEPT;

/* The same as of the snapshot. */
CRM_API crm_status crm_snapshot_evaluate(crm_snapshot* snapshot,
                                         uint64_t customer, crm_slice criteria,
                                         const crm_criteria_options* options,
                                         int32_t* truth, crm_buffer** proof,
                                         crm_error** error) CRM_NOEXCEPT;

/* How a preview looks.
 *
 * flags: CRM_CRITERIA_AS_OF, as above; as_of_us, time_zone: as above.
 * progress, user_data, destroy: told how many of the ids of customers were
 *   looked at. It calls nothing of this store. `destroy` (may be NULL) is
 *   called once, at the end of the call, whatever comes of it. */
typedef struct crm_preview_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  int64_t as_of_us;
  crm_slice time_zone;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_preview_options;

#define CRM_PREVIEW_OPTIONS_INIT \
  { sizeof(crm_preview_options), 0, 0, 0, {0, 0}, 0, 0, 0 }

/* Of whom criteria are true.
 *
 * customers: who was asked about: all customers of the tenant. Who was merged
 *   away or erased is none.
 * matching, unknown: of so many of them it is true, or not known.
 * as_of_us, position: for which instant, by which events of the log. */
typedef struct crm_criteria_preview {
  uint64_t customers;
  uint64_t matching;
  uint64_t unknown;
  int64_t as_of_us;
  uint64_t position;
  uint64_t reserved[3];
} crm_criteria_preview;

/* Of how many customers criteria are true, and of whom: the first of them, by
 * number, go into an array of yours with room for 0 to 10,000 (`sample` may be
 * NULL with room 0), `count` of them. Evaluates them for each customer in turn,
 * on one snapshot: takes as long as reading all of them, and no memory for
 * each. Errors: those of crm_tenant_evaluate; CRM_INVALID_ARGUMENT: room; what
 * `progress` answered. */
CRM_API crm_status crm_tenant_preview(crm_tenant* tenant, crm_slice criteria,
                                      const crm_preview_options* options,
                                      crm_criteria_preview* out,
                                      uint64_t* sample, size_t room,
                                      size_t* count,
                                      crm_error** error) CRM_NOEXCEPT;

/* The same as of the snapshot. */
CRM_API crm_status crm_snapshot_preview(crm_snapshot* snapshot,
                                        crm_slice criteria,
                                        const crm_preview_options* options,
                                        crm_criteria_preview* out,
                                        uint64_t* sample, size_t room,
                                        size_t* count,
                                        crm_error** error) CRM_NOEXCEPT;

/* --- Consent ---------------------------------------------------------------
 *
 * May this person be written to, for this purpose, over this channel, now? And
 * what did she say, when, and how is that known?
 *
 * What a person or a controller does about consent is an act: an event of the
 * log like any other, sealed, unique, bound to the record of who said it. From
 * the acts one decision is made, always anew; nothing is cached, so that a
 * withdrawal that was acknowledged stops the next check from any thread.
 *
 *   crm_consent_act act;
 *   crm_consent_question question;
 *   crm_consent_decision decision;
 *   memset(&act, 0, sizeof(act));
 *   act.action = CRM_CONSENT_GRANT;
 *   act.purpose = crm_slice_of("marketing");
 *   act.channel = CRM_CHANNEL_EMAIL;
 *   act.identifiers = &her_address;
 *   act.identifier_count = 1;
 *   crm_tenant_record_consent(tenant, &act, NULL, NULL, &error);
 *   memset(&question, 0, sizeof(question));
 *   question.customer = 7;
 *   question.purpose = act.purpose;
 *   question.channel = CRM_CHANNEL_EMAIL;
 *   question.at_us = now;
 *   if (crm_tenant_check_consent(tenant, &question, NULL, &decision, &error) ==
 *           CRM_OK && decision.verdict == CRM_VERDICT_ALLOW)
 *     send();
 *
 * The numbers below are frozen.
 *
 * How acts count
 *   Of the acts of one record about one (purpose, channel, address) the latest
 *   one counts: by the time it happened, never later than it was recorded; of
 *   two at one time the one that says no. So the order of arrival never
 *   matters, and an old grant that comes late revives nothing.
 *   A denial stands for its address, and denies the whole channel of the
 *   customer. It is lifted by a newer grant of the same record for the same
 *   address (or any, when it named none), or by one of another record for the
 *   same address when that grant is confirmed (double opt-in). What nobody said
 *   anything about is neutral, and not enough: the answer is then no.
 *   Objections (Art. 21 GDPR), restrictions (Art. 18), suppressions and GPC
 *   signals stand beside all this, for all records of a customer.
 *   What lifts one of these lifts it for its own purpose and channel.
 *   A merge moves nothing. What was said while customers were one counts for
 *   both after an unmerge when it restricts; a grant then belongs to whoever
 *   has its address.
 *
 * Events that are acts
 *   crm.consent.recorded    what crm_tenant_record_consent appends; payload
 *   {act, purpose,
 *                           channel, address, method, legalBasis, policy,
 *                           policyVersion, validUntil, jurisdiction, actor,
 *                           reason, controller, confirmed, conflictNotice, ...}
 *   ConsentGranted, ConsentRevoked   {purpose, channel}
 *   ConsentUpdatedEvent, consent.updated   {consentType or channel, purpose,
 *                           status}; a status that is not known denies
 *   contactPreference.updated   emailOptIn, smsOptIn, pushOptIn, whatsappOptIn:
 *                           purpose marketing; other members say nothing
 *   message.bounced, CustomerEmailInvalidated   a suppression, when the address
 *                           is dead: errorType permanent, hard, invalid ...
 *   message.complained, message.unsubscribed   a suppression of the address
 *   PreferencesUpdated      emailFrequency, categories (or pushCategories),
 *                           timezone, emailEnabled, smsEnabled, pushEnabled,
 *                           smsForPromotions, also within {"preferences": ...}:
 *                           the latest value of each wins; null takes it back.
 *                           What is enabled is no consent, what is not denies
 * Their aliases are those of the catalogue (see Schemas). An act says whose it
 * is by its identifiers; the address of e-mail is that of namespace email, of
 * sms, voice and whatsapp that of phoneNumber, unless the payload names one.
 *
 * Settings: what a tenant can define, as JSON; crm_tenant_set_consent_settings.
 * All
 * members may be missing. What is named takes the place of the default of that
 * name; null takes a default away.
 *   purposes      {name: {"kind", "legalBasis" consent | contract |
 *                 legal-obligation | vital-interest | public-task |
 *                 legitimate-interest, "assessment" (of a legitimate interest,
 *                 required), "optIn" single | double, "saleOrShare",
 *                 "minPolicyVersion", "validityMonths" (0: for ever),
 *                 "text" {language: text}, "controller", "services",
 *                 "retention", "recipients", "storageLocations", "sensitive",
 *                 "piiCategories", "primary", "termination",
 *                 "withdrawalMethod", "processingLocations"}}
 *                 Defaults: marketing, analytics (consent), essential
 *                 (contract).
 *   policies      {name: {"versions": {"3": {"url", "language", "hash",
 *                 "effectiveFrom"}}}}
 *   parties       {name: {"legalName", "address", "email", "phone", "url",
 *                 "contact", "role", "onBehalf"}}
 *   templates     {name: {"class": marketing | transactional | legal,
 *                 "setBy"}}. A question that names a template has its class.
 *   regimes       {name: {"enabled", "jurisdictions" ["DE", "US-CA", "*"],
 *                 "validityMonths", "gpc", "softOptIn", "oneClick",
 *                 "optOutChannels" (no grant is needed there),
 *                 "sendWindows": {"channels", "zones" (where hers is not known:
 *                 open in all of them), "windows": [{"days": ["mon"], "from":
 *                 "08:00", "until": "21:00"}], "closed": ["2026-12-25"]}}}
 *                 Defaults: gdpr, ccpa, popia, tcpa, can-spam. Times are those
 *                 of the customer's zone, from included, until excluded; until
 *                 before from goes past midnight.
 *   validityMonths        of a purpose that does not say: 24. The shortest of
 *                 purpose and regimes counts, or what the act says itself.
 *   defaultJurisdiction   where nobody says otherwise; "" as a default
 *   pendingDays           for how long a double opt-in waits: 7
 *   defaultFrequency      daily | weekly | never: weekly
 * A validity is counted in calendar months of UTC, and ends at the same time of
 * day: that of 29 February, two years later, on 28 February.
 */

/* What somebody did. Of each there is an example:
 *
 *   ASK, DEFER: a banner was shown; she closed it.
 *   PEND, CONFIRM: she left her address, got a message, and followed its link.
 *   GRANT: she ticked a box, which is enough where no law wants more.
 *   REFUSE: she was asked, and said no.
 *   WITHDRAW: she followed the link at the end of a message.
 *   REVOKE: the controller closed her account.
 *   INVALIDATE: the form that she filled in was not a lawful one.
 *   OBJECT: she wrote that she wants no more of this, over any channel.
 *   RESTRICT: she says that the data is wrong, and it is being looked into.
 *   SUPPRESS: a message bounced; she pressed "this is spam"; she sent STOP.
 *   SIGNAL: her browser asks not to sell or share what it tells.
 *
 * What is lifted was said before: LIFT_OBJECTION, LIFT_RESTRICTION,
 * LIFT_SUPPRESSION. A grant lifts none of these. */
enum {
  /* She was asked. */
  CRM_CONSENT_ASK = 1,
  /* She put the answer off. */
  CRM_CONSENT_DEFER = 2,
  /* She signed up, and is to confirm it. */
  CRM_CONSENT_PEND = 3,
  /* She said yes. */
  CRM_CONSENT_GRANT = 4,
  /* A grant by double opt-in. */
  CRM_CONSENT_CONFIRM = 5,
  /* She said no. */
  CRM_CONSENT_REFUSE = 6,
  /* By her ... */
  CRM_CONSENT_WITHDRAW = 7,
  /* ... and by the controller. */
  CRM_CONSENT_REVOKE = 8,
  /* It never was valid. */
  CRM_CONSENT_INVALIDATE = 9,
  /* Art. 21 GDPR, or a global opt-out. */
  CRM_CONSENT_OBJECT = 10,
  /* By her alone. */
  CRM_CONSENT_LIFT_OBJECTION = 11,
  /* Art. 18 GDPR. */
  CRM_CONSENT_RESTRICT = 12,
  /* By the controller. */
  CRM_CONSENT_LIFT_RESTRICTION = 13,
  /* Of an address: `reason` says why. */
  CRM_CONSENT_SUPPRESS = 14,
  /* The address can be used again. */
  CRM_CONSENT_LIFT_SUPPRESSION = 15,
  /* Global Privacy Control. */
  CRM_CONSENT_SIGNAL = 16
};

/* The way a message goes. ANY: all of them; only in acts. */
enum {
  /* Every one of them. */
  CRM_CHANNEL_ANY = 1,
  /* To an address of namespace email. */
  CRM_CHANNEL_EMAIL = 2,
  /* To a number of namespace phoneNumber ... */
  CRM_CHANNEL_SMS = 3,
  /* To a device; it has no address here. */
  CRM_CHANNEL_PUSH = 4,
  /* ... as this one ... */
  CRM_CHANNEL_VOICE = 5,
  /* ... and this. */
  CRM_CHANNEL_WHATSAPP = 6,
  /* By letter; without an address here. */
  CRM_CHANNEL_POST = 7,
  /* On a page that she looks at. */
  CRM_CHANNEL_WEB = 8
};

/* What a message is: a property of its template. What mixes is marketing. */
enum {
  CRM_MESSAGE_CLASS_MARKETING = 1,
  CRM_MESSAGE_CLASS_TRANSACTIONAL = 2,
  CRM_MESSAGE_CLASS_LEGAL = 3
};

/* The answer. DEFER: allowed from `until_us` on; ask again then. */
enum { CRM_VERDICT_ALLOW = 1, CRM_VERDICT_DENY = 2, CRM_VERDICT_DEFER = 3 };

/* Where one purpose and channel of a customer stand. */
enum {
  /* Nobody said anything. */
  CRM_CONSENT_STATE_UNKNOWN = 0,
  /* She was asked. */
  CRM_CONSENT_STATE_REQUESTED = 1,
  /* She put it off. */
  CRM_CONSENT_STATE_DEFERRED = 2,
  /* Double opt-in, not confirmed yet ... */
  CRM_CONSENT_STATE_PENDING = 3,
  /* ... nor in time. */
  CRM_CONSENT_STATE_LAPSED = 4,
  /* She said yes, and it holds. */
  CRM_CONSENT_STATE_GIVEN = 5,
  /* She said yes, too long ago. */
  CRM_CONSENT_STATE_EXPIRED = 6,
  /* She was asked, and said no. */
  CRM_CONSENT_STATE_REFUSED = 7,
  /* She took it back. */
  CRM_CONSENT_STATE_WITHDRAWN = 8,
  /* The controller took it back. */
  CRM_CONSENT_STATE_REVOKED = 9,
  /* It never was valid. */
  CRM_CONSENT_STATE_INVALIDATED = 10
};

/* What decided: the first that applies, in this order but that NO_CONSENT comes
 * before NEVER and CATEGORY, and DEACTIVATED behind RESTRICTED.
 * crm_consent_rule_text says each in a sentence. */
enum {
  /* There is no such customer, or she was erased. */
  CRM_CONSENT_BY_UNKNOWN_CUSTOMER = 1,
  /* Art. 18 GDPR. */
  CRM_CONSENT_BY_RESTRICTED = 2,
  /* The address is dead. */
  CRM_CONSENT_BY_UNDELIVERABLE = 3,
  /* A complaint, STOP, a registry, or by hand. */
  CRM_CONSENT_BY_SUPPRESSED = 4,
  /* Art. 21 GDPR, or a global opt-out. */
  CRM_CONSENT_BY_OBJECTED = 5,
  /* GPC, for a purpose that sells or shares. */
  CRM_CONSENT_BY_OPT_OUT_OF_SALE = 6,
  /* Not in the register. */
  CRM_CONSENT_BY_UNKNOWN_PURPOSE = 7,
  /* Refused, withdrawn, revoked, invalidated: the state says which. */
  CRM_CONSENT_BY_DENIED = 8,
  /* Asked, put off, or not confirmed (in time). */
  CRM_CONSENT_BY_PENDING = 9,
  /* Given, too long ago. */
  CRM_CONSENT_BY_EXPIRED = 10,
  /* Given under a policy that is too old. */
  CRM_CONSENT_BY_OLD_POLICY = 11,
  /* She wants no such messages. */
  CRM_CONSENT_BY_NEVER = 12,
  /* Not among the categories that she wants. */
  CRM_CONSENT_BY_CATEGORY = 13,
  /* Nobody said yes. */
  CRM_CONSENT_BY_NO_CONSENT = 14,
  /* There are send windows, and no zone to hold them against. */
  CRM_CONSENT_BY_NO_TIME_ZONE = 15,
  /* Too soon after the last one. */
  CRM_CONSENT_BY_FREQUENCY = 16,
  /* Outside the send windows where she is. */
  CRM_CONSENT_BY_QUIET_HOURS = 17,
  /* From here on: allowed. */
  CRM_CONSENT_BY_CONSENT = 18,
  /* A customer, for own similar products. */
  CRM_CONSENT_BY_SOFT_OPT_IN = 19,
  /* The purpose needs no consent. */
  CRM_CONSENT_BY_LEGAL_BASIS = 20,
  /* The regime lets one write until told otherwise. */
  CRM_CONSENT_BY_OPT_OUT_CHANNEL = 21,
  /* Transactional, or a legal notice. */
  CRM_CONSENT_BY_MESSAGE_CLASS = 22,
  /* Her account is deactivated: denied. */
  CRM_CONSENT_BY_DEACTIVATED = 23
};

/* The names of these numbers, as texts and JSON have them: "grant", "email",
 * "marketing", "allow", "withdrawn", "quiet-hours"; and a sentence about a
 * rule. Empty for numbers that are none. They live for ever. */
CRM_API crm_slice crm_consent_action_name(int32_t action) CRM_NOEXCEPT;
CRM_API crm_slice crm_consent_channel_name(int32_t channel) CRM_NOEXCEPT;
CRM_API crm_slice crm_message_class_name(int32_t message_class) CRM_NOEXCEPT;
CRM_API crm_slice crm_verdict_name(int32_t verdict) CRM_NOEXCEPT;
CRM_API crm_slice crm_consent_state_name(int32_t state) CRM_NOEXCEPT;
CRM_API crm_slice crm_consent_rule_name(int32_t rule) CRM_NOEXCEPT;
CRM_API crm_slice crm_consent_rule_text(int32_t rule) CRM_NOEXCEPT;

/* Flags of crm_consent_act.
 *
 * HAS_TIME: occurred_at_us is set; else it is now, by the store's clock.
 * HAS_VALID_UNTIL: valid_until_us is set; else purpose and regime say it.
 * CONFIRMED: the address is known to be hers.
 * CONFLICT_NOTICE: she was told of her GPC signal, and consents all the same.
 * */
enum {
  CRM_CONSENT_ACT_HAS_TIME = 1,
  CRM_CONSENT_ACT_HAS_VALID_UNTIL = 2,
  CRM_CONSENT_ACT_CONFIRMED = 4,
  CRM_CONSENT_ACT_CONFLICT_NOTICE = 8
};

/* An act to record. Zero everything, then fill in what there is.
 *
 * action: CRM_CONSENT_GRANT ... channel: zero is CRM_CHANNEL_ANY.
 * purpose: of the register; empty: of all purposes (not for ASK to CONFIRM).
 * identifiers: who. customer: instead of them, or to be held against them.
 * address: that it is about, when it is not that of the identifiers. Personal.
 * source: the system that says so; empty: "consent".
 * id: unique per source; empty: made of what the act says and when.
 * method, legal_basis, policy, policy_version, jurisdiction, actor, controller,
 *   language, reason: as in crm/consent.h.
 * evidence, ip_address, user_agent, source_url: how it can be shown later.
 *   Personal; sealed, as all of it is. */
typedef struct crm_consent_act {
  int32_t action;
  int32_t channel;
  crm_slice purpose;
  const crm_identifier* identifiers;
  size_t identifier_count;
  uint64_t customer;
  crm_slice address;
  crm_slice source;
  crm_slice id;
  int64_t occurred_at_us;
  int64_t valid_until_us;
  crm_slice method;
  crm_slice legal_basis;
  crm_slice policy;
  crm_slice jurisdiction;
  crm_slice actor;
  crm_slice reason;
  crm_slice controller;
  crm_slice language;
  crm_slice evidence;
  crm_slice ip_address;
  crm_slice user_agent;
  crm_slice source_url;
  uint32_t policy_version;
  uint32_t flags;
  uint64_t reserved0;
  uint64_t reserved[4];
} crm_consent_act;

/* A link at the end of a message that takes a consent back with one click, of
 * which a service knows her number and nothing else:
 *
 *   memset(&act, 0, sizeof(act));
 *   act.action = CRM_CONSENT_WITHDRAW;
 *   act.purpose = crm_slice_of("marketing");
 *   act.channel = CRM_CHANNEL_EMAIL;
 *   act.customer = customer_of(token);
 *   act.method = crm_slice_of("one-click");
 *   crm_tenant_record_consent(tenant, &act, NULL, NULL, &error);
 *
 * Whoever clicks is not always she who was written to: programs that look at
 * messages follow links, too. Let the page that the link leads to ask, and only
 * its answer, or a POST by RFC 8058, take the consent back.
 *
 * A service that cannot be sure that its first try arrived gives `id`: the same
 * act again is then a duplicate, and changes nothing. Acts of other systems
 * need no call of their own: append their events as they are. */

/* Appends an act, as an event of type crm.consent.recorded: a result of one
 * event; `out` may be NULL. CRM_INVALID_ARGUMENT (names the member): a purpose,
 * policy version or party that is not in the register, a grant more than five
 * minutes ahead of its recording, an address that cannot be one.
 * CRM_TOO_LARGE: a text over its limit. CRM_CONFLICT: the identifiers lead to
 * another than `customer`. CRM_FAILED_PRECONDITION: nothing says how `customer`
 * is called. CRM_NOT_FOUND: no such customer. A withdrawal is never refused for
 * its time: it counts from the earlier of its two times. */
CRM_API crm_status crm_tenant_record_consent(crm_tenant* tenant,
                                             const crm_consent_act* act,
                                             const crm_append_options* options,
                                             crm_append_result** out,
                                             crm_error** error) CRM_NOEXCEPT;

/* Flags of crm_consent_question.
 *
 * LAST_SENT: last_sent_us is set: when she got the last one of this kind.
 * AS_OF: as_of_us is set: what was true then. */
enum { CRM_CONSENT_QUESTION_LAST_SENT = 1, CRM_CONSENT_QUESTION_AS_OF = 2 };

/* May she be written to? Zero everything, then fill in what there is.
 *
 * What a send loop does with the answer, once when it plans a message and again
 * when it hands it over, because a plan is a cache:
 *
 *   switch (decision.verdict) {
 *     case CRM_VERDICT_ALLOW:
 *       send(message, decision.flags & CRM_CONSENT_DECISION_ONE_CLICK);
 *       break;
 *     case CRM_VERDICT_DEFER:
 *       put_back(message, decision.until_us);
 *       break;
 *     default:
 *       drop(message, crm_consent_rule_name(decision.rule));
 *   }
 *
 * Keep the decision with the message: its acts are the events to show to
 * whoever
 * asks why it was sent, and known_at with the position of then gives the same
 * answer in ten years.
 *
 * A question that looks back (as_of_us, known_at) reads her events again, and
 * takes as long as she has many; it says what was so for the records that are
 * hers now. Sending never looks back.
 *
 * channel: not ANY. message_class: zero is CRM_MESSAGE_CLASS_MARKETING.
 * template_name: of the register: it says the class.
 * address: that it would go to; empty: one that she consented for.
 * at_us: when it would be sent.
 * jurisdiction: "DE", "US-CA"; empty: that of the grant, or the tenant's.
 * category: one of her categories, if the message has one.
 * known_at: what was known at this position of the log; zero: all. */
typedef struct crm_consent_question {
  uint64_t customer;
  crm_slice purpose;
  int32_t channel;
  int32_t message_class;
  crm_slice template_name;
  crm_slice address;
  int64_t at_us;
  crm_slice jurisdiction;
  crm_slice category;
  int64_t last_sent_us;
  int64_t as_of_us;
  uint64_t known_at;
  uint32_t flags;
  uint32_t reserved0;
  uint64_t reserved[4];
} crm_consent_question;

/* Flags of crm_consent_decision.
 *
 * ONE_CLICK: the message must carry List-Unsubscribe with one click (RFC 8058).
 * CONTESTED: a newer grant of another record does not lift the denial; worth a
 *   look by a human. */
enum { CRM_CONSENT_DECISION_ONE_CLICK = 1, CRM_CONSENT_DECISION_CONTESTED = 2 };

/* The answer, with what made it so.
 *
 * until_us: of CRM_VERDICT_DEFER.
 * acts: the positions of the events that decided, act_count of them.
 * regime: that decided, as far as one did; lives as long as the store. */
typedef struct crm_consent_decision {
  int32_t verdict;
  int32_t rule;
  int32_t state;
  uint32_t flags;
  int64_t until_us;
  uint64_t acts[4];
  uint64_t act_count;
  crm_slice regime;
  uint64_t reserved[4];
} crm_consent_decision;

/* Decides by everything acknowledged so far. Allocates nothing, as a rule;
 * cheap enough for every message. CRM_INVALID_ARGUMENT: channel ANY, a class
 * that there is not, an address that cannot be one. CRM_NOT_FOUND: the template
 * is not in the register. A customer that there is not is denied. */
CRM_API crm_status crm_tenant_check_consent(
    crm_tenant* tenant, const crm_consent_question* question,
    const crm_read_options* options, crm_consent_decision* out,
    crm_error** error) CRM_NOEXCEPT;

/* A decision as one line for people, and as a JSON object. They name nobody. */
CRM_API crm_status crm_consent_decision_explain(
    const crm_consent_decision* decision, const crm_read_options* options,
    crm_buffer** out, crm_error** error) CRM_NOEXCEPT;
CRM_API crm_status crm_consent_decision_to_json(
    const crm_consent_decision* decision, const crm_read_options* options,
    crm_buffer** out, crm_error** error) CRM_NOEXCEPT;

/* Which acts of a customer. AS_OF: what had happened by as_of_us. known_at: as
 * of a position; zero: all. */
enum { CRM_CONSENT_HISTORY_AS_OF = 1 };
typedef struct crm_consent_history_query {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  int64_t as_of_us;
  uint64_t known_at;
} crm_consent_history_query;

#define CRM_CONSENT_HISTORY_QUERY_INIT \
  { sizeof(crm_consent_history_query), 0, 0, 0, 0 }

/* What can be shown to an authority, or to her:
 *
 *   crm_tenant_get_consent_history(tenant, 7, NULL, &acts, &error);
 *   fwrite(crm_buffer_data(acts), 1, crm_buffer_size(acts), stdout);
 *
 * A renewed grant is `renewed`; what a later act of the same key took the place
 * of is `superseded`; what claimed a time after it was recorded is `clamped`,
 * and counts from its recording; what another record said while it was hers is
 * `shared`. Of an act whose person's key is gone only when and where remain,
 * and `opened` is false. */

/* All her acts, by the time from which on they count, as a JSON array of
 * objects: position, record, event_id, event_type, source, occurred_at,
 * recorded_at, effective_at, opened, action, purpose, channel, state, renewed,
 * superseded, clamped, payload, shared. Personal. CRM_NOT_FOUND. */
CRM_API crm_status crm_tenant_get_consent_history(
    crm_tenant* tenant, uint64_t customer,
    const crm_consent_history_query* query, crm_buffer** out,
    crm_error** error) CRM_NOEXCEPT;

/* What she prefers, the latest of each, as a JSON object: email_frequency,
 * time_zone, categories; what is not set is null. CRM_NOT_FOUND. */
CRM_API crm_status crm_tenant_get_preferences(crm_tenant* tenant,
                                              uint64_t customer,
                                              const crm_read_options* options,
                                              crm_buffer** out,
                                              crm_error** error) CRM_NOEXCEPT;

/* Who may be written to: as in a question. after: `next` of the page before. */
typedef struct crm_consent_list_query {
  size_t struct_size;
  uint32_t flags;
  int32_t channel;
  int32_t message_class;
  uint32_t reserved;
  crm_slice purpose;
  int64_t at_us;
  uint64_t after;
} crm_consent_list_query;

#define CRM_CONSENT_LIST_QUERY_INIT \
  { sizeof(crm_consent_list_query), 0, 0, 0, 0, {0, 0}, 0, 0 }

/* Those whom a campaign may reach, page by page:
 *
 *   uint64_t page[1000];
 *   crm_consent_list_query query = CRM_CONSENT_LIST_QUERY_INIT;
 *   query.purpose = crm_slice_of("marketing");
 *   query.channel = CRM_CHANNEL_EMAIL;
 *   query.at_us = now;
 *   do {
 *     crm_tenant_list_consents(tenant, &query, page, 1000, &count,
 *     &query.after,
 *                              &error);
 *     plan(page, count);
 *   } while (query.after != 0);
 *
 * It is a plan: check each of them again when her message goes. */

/* Customers for whom a check says allow or defer, by number, into an array of
 * yours with room for 1 to 10,000. `next`: zero when that was all. Decides for
 * each customer in turn. CRM_INVALID_ARGUMENT: room, channel, or a purpose that
 * is not in the register. */
CRM_API crm_status crm_tenant_list_consents(crm_tenant* tenant,
                                            const crm_consent_list_query* query,
                                            uint64_t* customers, size_t room,
                                            size_t* count, uint64_t* next,
                                            crm_error** error) CRM_NOEXCEPT;

/* The form of a receipt: Kantara Consent Receipt 1.1, ISO/IEC TS 27560:2023.
 *
 * KANTARA: version, jurisdiction, consentTimestamp (seconds since 1970),
 *   collectionMethod, consentReceiptID, language, piiPrincipalId,
 *   piiControllers, policyUrl, services with their purposes, sensitive, spiCat.
 * ISO27560: header, pii_processing with purposes, party_identification, events.
 *
 * What nobody said is "unknown" in both, and never made up: fill the registers
 * of the settings, and name policy, controller and jurisdiction in the acts.
 * The principal is a number of the store; no address is in a receipt. */
enum { CRM_RECEIPT_KANTARA = 1, CRM_RECEIPT_ISO27560 = 2 };

/* The receipt of an act, by its position, as JSON. CRM_NOT_FOUND: her history
 * has no act there. */
CRM_API crm_status crm_tenant_get_consent_receipt(
    crm_tenant* tenant, uint64_t customer, uint64_t position, int32_t format,
    const crm_read_options* options, crm_buffer** out,
    crm_error** error) CRM_NOEXCEPT;

/* A register that receipts can be made from, with a purpose that wants double
 * opt-in, a template that may always go, and quiet hours of one's own:
 *
 *   {"parties": {"club": {"legalName": "Golf Club Ltd", "url": "https://...",
 *                         "email": "privacy@club.example"}},
 *    "policies": {"privacy": {"versions": {"3": {"url": "https://...",
 *                                                "language": "en"}}}},
 *    "purposes": {"newsletter": {"optIn": "double", "controller": "club",
 *                                "text": {"en": "News of the club"}}},
 *    "templates": {"receipt": {"class": "transactional"}},
 *    "regimes": {"house": {"jurisdictions": ["*"], "sendWindows": {
 *      "channels": ["push", "sms"], "zones": ["Europe/Berlin"],
 *      "windows": [{"days": ["mon", "tue", "wed", "thu", "fri"],
 *                   "from": "09:00", "until": "20:00"}]}}},
 *    "defaultJurisdiction": "DE"}
 */

/* Purposes, policies, parties, templates and regimes, as one JSON object: see
 * "Settings" in the chapter above. Takes the place of everything set before;
 * "{}"
 * is all defaults. Counts for every decision from now on. Durable when it
 * returns; the same again changes nothing. CRM_MALFORMED: not JSON;
 * CRM_INVALID_ARGUMENT: names the place as a JSON pointer, and what must be
 * there; CRM_TOO_LARGE. */
CRM_API crm_status crm_tenant_set_consent_settings(
    crm_tenant* tenant, crm_slice json, crm_error** error) CRM_NOEXCEPT;

/* What counts now, with all defaults spelled out, in a buffer that is yours:
 * change what you like, and set it again. */
CRM_API crm_status crm_tenant_get_consent_settings(
    crm_tenant* tenant, const crm_read_options* options, crm_buffer** out,
    crm_error** error) CRM_NOEXCEPT;

/* --- Schemas ---------------------------------------------------------------
 *
 * What the payload of an event type looks like, which of its fields are
 * personal, and how an older version of a payload becomes a newer one.
 *
 *   crm_schema_definition order = CRM_SCHEMA_DEFINITION_INIT;
 *   order.type = crm_slice_of("OrderPlaced");
 *   order.version = crm_slice_of("1.0");
 *   order.json = crm_slice_of("{\"type\": \"object\", ...}");
 *   crm_tenant_register_schema(tenant, &order, NULL, &error);
 *   crm_tenant_set_validation(tenant, order.type, CRM_VALIDATION_ENFORCE,
 *                             &error);
 *
 * A schema is JSON Schema (the validation vocabulary of draft 2020-12, and of
 * draft-07 where they differ), with one member more: "x-personal": true at a
 * field that says something about a person. What the library cannot check is
 * refused, not skipped.
 *
 * Definitions are choices: each is a record of the log, durable when the call
 * returns, and valid for what is appended after it. Nothing is replaced: a
 * type's schemas are a list, of which the last one registered is the latest. A
 * call that fails changes nothing.
 *
 * Schemas of the event types that libcrm knows are there without registration,
 * as version "1.0" (CRM_SCHEMA_CATALOGUE). As soon as a tenant registers one
 * of such a type, only her own count for that type.
 */

/* A schema says which fields there are, and what they may hold:
 *
 *   {"type": "object", "required": ["price"],
 *    "properties": {
 *      "price": {"type": "number", "minimum": 0},
 *      "giftNote": {"type": "string", "maxLength": 200,
 *                   "x-personal": true}}}
 *
 * A field that no schema names is personal: its value is in no message. One
 * that is named is not, unless it or something around it says x-personal.
 *
 * Whether old data would pass is best asked before it is enforced: begin with
 * WARN, look at schema_warnings after a day, replay for the events that have
 * CRM_EVENT_VIEW_WARNED, and then say ENFORCE. */

/* Limits: schemas and upcasters of one tenant together, the bytes of one, and
 * how many violations crm_tenant_check_payload tells. */
enum {
  CRM_MAX_DEFINITIONS = 4096,
  CRM_MAX_DEFINITION_BYTES = 65536,
  CRM_MAX_VIOLATIONS = 100
};

/* What happens on append to an event that does not fit the schema of its type,
 * or whose type has none.
 *
 * OFF: nothing is looked at; the default.
 * WARN: it is appended with CRM_OUTCOME_SCHEMA_WARNING.
 * ENFORCE: it is refused with CRM_OUTCOME_INVALID.
 * INHERIT: of a single type only: as for all types, again. */
enum {
  CRM_VALIDATION_OFF = 0,
  CRM_VALIDATION_WARN = 1,
  CRM_VALIDATION_ENFORCE = 2,
  CRM_VALIDATION_INHERIT = 3
};

/* As long as a tenant has defined nothing, appends do not look for schemas at
 * all. With WARN or ENFORCE a check costs about half a microsecond or one
 * for an event of ordinary size, on the thread that appends.
 *
 *   view = crm_append_result_read(result);
 *   for (i = 0; i < view->event_count; ++i)
 *     if (view->events[i].flags & CRM_OUTCOME_SCHEMA_WARNING)
 *       note(i, view->events[i].message);
 */

/* How a new schema has to get on with the latest one of its type. What cannot
 * be shown to be compatible is refused.
 *
 * DEFAULT: backward. BACKWARD: what was valid before is valid now. FORWARD:
 * what is valid now was valid before. FULL: both. NONE: as it likes. */
enum {
  CRM_COMPATIBILITY_DEFAULT = 0,
  CRM_COMPATIBILITY_BACKWARD = 1,
  CRM_COMPATIBILITY_FORWARD = 2,
  CRM_COMPATIBILITY_FULL = 3,
  CRM_COMPATIBILITY_NONE = 4
};

/* A schema to register.
 *
 * compatibility: one of CRM_COMPATIBILITY_...; without meaning for the first
 *   of its type.
 * type: 1 to 128 bytes, not personal.
 * version: as events name it, compared byte by byte. Empty: "1.0".
 * json: a JSON object. */
typedef struct crm_schema_definition {
  size_t struct_size;
  uint32_t flags;
  int32_t compatibility;
  crm_slice type;
  crm_slice version;
  crm_slice json;
} crm_schema_definition;

#define CRM_SCHEMA_DEFINITION_INIT                                \
  {                                                               \
    sizeof(crm_schema_definition), 0, 0, {0, 0}, {0, 0}, { 0, 0 } \
  }

/* crm_schema_field.flags: the object around it must have it; it is personal. */
enum { CRM_FIELD_REQUIRED = 1, CRM_FIELD_PERSONAL = 2 };

/* One field that a schema names.
 *
 * pointer: a JSON pointer into the payload; "*" stands for each element of an
 *   array, and for each member that has no name of its own.
 * types: of null, boolean, integer, number, string, array, object, with commas
 *   between them; empty: any.
 * format: the keyword, or empty. */
typedef struct crm_schema_field {
  crm_slice pointer;
  crm_slice types;
  crm_slice format;
  uint32_t flags;
  uint32_t reserved0;
  uint64_t reserved[2];
} crm_schema_field;

/* crm_schema_info.flags: it is that of the library's own catalogue; it is the
 * latest of its type. */
enum { CRM_SCHEMA_CATALOGUE = 1, CRM_SCHEMA_LATEST = 2 };

/* A schema as it is known.
 *
 * json: as it was registered, without the blanks between its tokens.
 * position: where in the log; zero: in the catalogue. */
typedef struct crm_schema_info {
  crm_slice type;
  crm_slice version;
  crm_slice json;
  int32_t compatibility;
  uint32_t flags;
  uint64_t position;
  const crm_schema_field* fields;
  size_t field_count;
  uint64_t reserved[2];
} crm_schema_info;

/* Which fields of a type are personal:
 *
 *   crm_tenant_get_schema(tenant, type, none, NULL, &list, &error);
 *   info = &crm_schema_list_read(list)->schemas[0];
 *   for (i = 0; i < info->field_count; ++i)
 *     if (info->fields[i].flags & CRM_FIELD_PERSONAL)
 *       hide(info->fields[i].pointer);
 *   crm_schema_list_free(list);
 *
 * A version of a type is registered once and stays what it is: whoever wants
 * another schema takes another version, and says it in crm_event.version. */

/* Schemas. Immutable. */
typedef struct crm_schema_list crm_schema_list;

/* What a crm_schema_list holds. */
typedef struct crm_schema_list_view {
  const crm_schema_info* schemas;
  size_t schema_count;
  uint64_t reserved[2];
} crm_schema_list_view;

/* Adds a version to the schemas of a type, and gives it as a list of one,
 * unless `out` is NULL. The same again is no error. CRM_ALREADY_EXISTS: this
 * version has another schema. CRM_CONFLICT: not compatible with the latest
 * one; the message names place and rule. CRM_MALFORMED, CRM_INVALID_ARGUMENT,
 * CRM_UNSUPPORTED, CRM_TOO_LARGE: the schema. */
CRM_API crm_status crm_tenant_register_schema(
    crm_tenant* tenant, const crm_schema_definition* definition,
    crm_schema_list** out, crm_error** error) CRM_NOEXCEPT;

/* The schema of a type, as a list of one. An empty version: the latest.
 * CRM_NOT_FOUND. */
CRM_API crm_status crm_tenant_get_schema(crm_tenant* tenant, crm_slice type,
                                         crm_slice version,
                                         const crm_read_options* options,
                                         crm_schema_list** out,
                                         crm_error** error) CRM_NOEXCEPT;

/* All schemas, with those of the catalogue that count for this tenant; by
 * type, then in the order of registration. */
CRM_API crm_status crm_tenant_list_schemas(crm_tenant* tenant,
                                           const crm_read_options* options,
                                           crm_schema_list** out,
                                           crm_error** error) CRM_NOEXCEPT;

/* The schemas; they live as long as the list. NULL for NULL. */
CRM_API const crm_schema_list_view* crm_schema_list_read(
    const crm_schema_list* list) CRM_NOEXCEPT;

/* Frees what was read; the schemas stay registered. */
CRM_API void crm_schema_list_free(crm_schema_list* list) CRM_NOEXCEPT;

/* An upcaster makes of a payload of version `from` one of version `to`:
 *
 *   {"type": "ConsentGranted", "from": "1", "to": "2", "steps": [
 *     {"rename": "/purposeCode", "to": "/purpose"},
 *     {"split": "/name", "by": " ", "to": ["/firstName", "/lastName"]},
 *     {"combine": ["/street", "/city"], "with": ", ", "to": "/address"},
 *     {"default": "/legalBasis", "value": "unknown"},
 *     {"convert": "/memberId", "to": "string"},
 *     {"remove": "/debug"}]}
 *
 * At most one begins at each version, none leads back, and all ways of a type
 * end at one version. They are applied whenever an event is read, unless
 * CRM_QUERY_AS_APPENDED says otherwise: its bytes in the log stay what they
 * are. A payload that one does not fit keeps the version it has reached.
 * Profiles take an event in as the upcasters made of it that were there when
 * it was appended. */
typedef struct crm_upcaster_info {
  crm_slice type;
  crm_slice from;
  crm_slice to;
  crm_slice json;
  uint64_t position;
  uint64_t reserved[2];
} crm_upcaster_info;

/* What nobody knows of old events an upcaster should not invent: write null or
 * "unknown". A reader tells an event that was changed by its upcast_from:
 *
 *   while (crm_event_cursor_next(cursor, &event, &error) == CRM_OK)
 *     if (event.upcast_from.size != 0) inferred(&event);
 *
 * A step never overwrites a member that is there, numbers keep their digits,
 * and members keep their order. */

/* Upcasters. Immutable. */
typedef struct crm_upcaster_list crm_upcaster_list;

/* What a crm_upcaster_list holds. */
typedef struct crm_upcaster_list_view {
  const crm_upcaster_info* upcasters;
  size_t upcaster_count;
  uint64_t reserved[2];
} crm_upcaster_list_view;

/* Adds an upcaster, and gives it as a list of one, unless `out` is NULL. The
 * same again is no error. CRM_ALREADY_EXISTS: another one begins at this
 * version. CRM_CONFLICT: it leads back, or leaves a gap. CRM_MALFORMED,
 * CRM_INVALID_ARGUMENT, CRM_TOO_LARGE: its text. */
CRM_API crm_status crm_tenant_register_upcaster(crm_tenant* tenant,
                                                crm_slice json,
                                                crm_upcaster_list** out,
                                                crm_error** error) CRM_NOEXCEPT;

/* All upcasters, by type, then in the order of registration. */
CRM_API crm_status crm_tenant_list_upcasters(crm_tenant* tenant,
                                             const crm_read_options* options,
                                             crm_upcaster_list** out,
                                             crm_error** error) CRM_NOEXCEPT;

/* The upcasters; they live as long as the list. NULL for NULL. */
CRM_API const crm_upcaster_list_view* crm_upcaster_list_read(
    const crm_upcaster_list* list) CRM_NOEXCEPT;

/* Frees what was read; the upcasters stay registered. */
CRM_API void crm_upcaster_list_free(crm_upcaster_list* list) CRM_NOEXCEPT;

/* Checks events of a type from now on; an empty type: of all types that have
 * no rule of their own. An event is held against the schema of its own
 * version, else against that of the version which upcasters make of it, else
 * against the latest. A type without a schema is refused (ENFORCE) or warned of
 * (WARN), too. Events that are there already stay duplicates. */
CRM_API crm_status crm_tenant_set_validation(crm_tenant* tenant, crm_slice type,
                                             int32_t mode,
                                             crm_error** error) CRM_NOEXCEPT;

/* What was said with crm_tenant_set_validation: the rule for all types (an
 * empty one; position zero: never said) first, then those of single types. */
typedef struct crm_validation_rule {
  crm_slice type;
  int32_t mode;
  uint32_t reserved0;
  uint64_t position;
  uint64_t reserved[2];
} crm_validation_rule;

/* Rules of validation. Immutable. */
typedef struct crm_validation crm_validation;

/* What a crm_validation holds. */
typedef struct crm_validation_view {
  const crm_validation_rule* rules;
  size_t rule_count;
  uint64_t reserved[2];
} crm_validation_view;

/* The rules as they are now. */
CRM_API crm_status crm_tenant_get_validation(crm_tenant* tenant,
                                             const crm_read_options* options,
                                             crm_validation** out,
                                             crm_error** error) CRM_NOEXCEPT;

/* The rules; they live as long as their handle. NULL for NULL. */
CRM_API const crm_validation_view* crm_validation_read(
    const crm_validation* validation) CRM_NOEXCEPT;

/* Frees what was read; the rules stay. */
CRM_API void crm_validation_free(crm_validation* validation) CRM_NOEXCEPT;

/* One rule that a payload breaks; never personal.
 *
 * path: a JSON pointer into the payload; "*" in place of a name that the
 *   schema does not name. Empty: the payload.
 * keyword: of the schema, for example "minimum".
 * message: one line that goes behind the path: "must be at least 0". */
typedef struct crm_schema_violation {
  crm_slice path;
  crm_slice keyword;
  crm_slice message;
  uint64_t reserved[2];
} crm_schema_violation;

/* For a form or a test of a producer, before anything is sent:
 *
 *   crm_tenant_check_payload(tenant, type, none, payload, NULL, &found,
 *                            &error);
 *   view = crm_violation_list_read(found);
 *   for (i = 0; i < view->violation_count; ++i)
 *     mark(view->violations[i].path, view->violations[i].message);
 *   crm_violation_list_free(found);
 */

/* Violations. Immutable. */
typedef struct crm_violation_list crm_violation_list;

/* What a crm_violation_list holds. */
typedef struct crm_violation_list_view {
  const crm_schema_violation* violations;
  size_t violation_count;
  uint64_t reserved[2];
} crm_violation_list_view;

/* What WARN or ENFORCE would say of such an event, whatever the rules are; an
 * empty list: nothing. Without version: against the latest schema.
 * CRM_NOT_FOUND: no schema of this type. CRM_MALFORMED, CRM_TOO_LARGE: the
 * payload. */
CRM_API crm_status crm_tenant_check_payload(crm_tenant* tenant, crm_slice type,
                                            crm_slice version,
                                            crm_slice payload,
                                            const crm_read_options* options,
                                            crm_violation_list** out,
                                            crm_error** error) CRM_NOEXCEPT;

/* The violations; they live as long as the list. NULL for NULL. */
CRM_API const crm_violation_list_view* crm_violation_list_read(
    const crm_violation_list* list) CRM_NOEXCEPT;

/* Frees the texts as well. */
CRM_API void crm_violation_list_free(crm_violation_list* list) CRM_NOEXCEPT;

/* --- Ledger ----------------------------------------------------------------
 *
 *   crm_tenant_get_ledger_checkpoint(tenant, 0, NULL, &note, &error);
 *   ... give the note to somebody else: mail it, commit it ...
 *
 *   memset(&act, 0, sizeof(act));
 *   act.source = crm_slice_of("web");
 *   act.id = crm_slice_of("consent-17");
 *   crm_tenant_prove_inclusion(tenant, &act, 0, NULL, &proof, &error);
 *   ... give the proof to an auditor, who checks it without the store:
 *   crm_verify_ledger_proof(proof, note, key, none, &error);
 *
 * Evidence of who consented to what, and of what was decided about persons. A
 * tenant's acts of consent, choices about who is who and definitions are the
 * leaves of a hash tree as of RFC 6962, without anything having to be called
 * for it. What is hashed is the open part of each record and a commitment to
 * what it says; so everything can be checked without any key, and also when the
 * key of a person was destroyed. Nobody can change anything that lies before a
 * checkpoint that somebody else has without being found out.
 *
 * The manual is crm/ledger.h; what is hashed is in src/FORMAT.md; and
 * examples/ledger_verify.py checks all of it without libcrm. Records, proofs
 * and openings are JSON here, one object without line ends, hashes in
 * hexadecimal. A size of 0 stands for that of today. All calls from any thread.
 */

/* A tree, as a checkpoint names it.
 *
 * size: leaves. root: of the tree, SHA-256.
 * origin: which ledger it is, with a zero behind it: "crm-ledger/", the id of
 *   the store in hexadecimal, "/", the number of the tenant there. */
typedef struct crm_ledger_head {
  uint64_t size;
  uint8_t root[32];
  char origin[64];
  uint64_t reserved[3];
} crm_ledger_head;

/* The tree as it is now. */
CRM_API crm_status crm_tenant_get_ledger_head(crm_tenant* tenant,
                                              const crm_read_options* options,
                                              crm_ledger_head* out,
                                              crm_error** error) CRM_NOEXCEPT;

/* The key that checks the signatures of the tenant's checkpoints, as a line of
 * text ("verifier key" of C2SP signed-note, Ed25519). It never changes and is
 * not secret: keep it where the notes are. */
CRM_API crm_status crm_tenant_get_ledger_key(crm_tenant* tenant,
                                             const crm_read_options* options,
                                             crm_buffer** out,
                                             crm_error** error) CRM_NOEXCEPT;

/* A signed note (C2SP tlog-checkpoint) of the tree of the first `size` leaves;
 * the same one whenever it is asked for. CRM_INVALID_ARGUMENT: there are
 * fewer. */
CRM_API crm_status crm_tenant_get_ledger_checkpoint(
    crm_tenant* tenant, uint64_t size, const crm_read_options* options,
    crm_buffer** out, crm_error** error) CRM_NOEXCEPT;

/* crm_ledger_query.flags. OF_RECORD: only those of `record`. */
enum { CRM_LEDGER_OF_RECORD = 1 };

/* Which records are listed.
 *
 * first: from this leaf on; with OF_RECORD from this place in its chain on.
 * limit: at most so many, up to 10,000; 0: 1,000.
 * record: of one person, in the order of their chain; 0: those of nobody's. */
typedef struct crm_ledger_query {
  size_t struct_size;
  uint32_t flags;
  uint32_t limit;
  uint64_t first;
  uint64_t record;
} crm_ledger_query;

#define CRM_LEDGER_QUERY_INIT \
  { sizeof(crm_ledger_query), 0, 0, 0, 0 }

/* Records as NDJSON, a line each: index (of the leaf), position, kind (event,
 * definition, choice), what (of a choice or definition: its number), type,
 * source, record and linkIndex (whose chain it is part of, where), customer,
 * occurredAt, recordedAt, header (the bytes that are hashed of all this),
 * commitment, before (the link of the one before it in its chain), link, leaf,
 * and root (of the tree that ends here; absent where another record of the same
 * request follows). Behind the end: empty. */
CRM_API crm_status crm_tenant_list_ledger(crm_tenant* tenant,
                                          const crm_ledger_query* query,
                                          crm_buffer** out,
                                          crm_error** error) CRM_NOEXCEPT;

/* Which record is meant: a position, or an event by its own id; the other is
 * zero. */
typedef struct crm_ledger_target {
  uint64_t position;
  crm_slice source;
  crm_slice id;
  uint64_t reserved[2];
} crm_ledger_target;

/* A proof that a record is in the tree of the first `size` leaves: an object
 * with "proof":"inclusion", record, head (origin, size, root), and path. For
 * crm_verify_ledger_proof. CRM_NOT_FOUND: it is not there, or of no ledger;
 * CRM_INVALID_ARGUMENT: target, size. */
CRM_API crm_status crm_tenant_prove_inclusion(crm_tenant* tenant,
                                              const crm_ledger_target* target,
                                              uint64_t size,
                                              const crm_read_options* options,
                                              crm_buffer** out,
                                              crm_error** error) CRM_NOEXCEPT;

/* A proof that the tree of `size` leaves begins with that of `old_size`: an
 * object with "proof":"consistency", oldSize, oldRoot, head, and path. */
CRM_API crm_status crm_tenant_prove_consistency(crm_tenant* tenant,
                                                uint64_t old_size,
                                                uint64_t size,
                                                const crm_read_options* options,
                                                crm_buffer** out,
                                                crm_error** error) CRM_NOEXCEPT;

/* What a record says, and the salt of its commitment, to be shown with its
 * proof: {"salt":...,"plain":...}, both in hexadecimal. Personal. CRM_ERASED:
 * its key is destroyed. Others as above. */
CRM_API crm_status crm_tenant_open_ledger_record(
    crm_tenant* tenant, const crm_ledger_target* target,
    const crm_read_options* options, crm_buffer** out,
    crm_error** error) CRM_NOEXCEPT;

/* crm_ledger_verify_options.flags. OPEN: also open every record whose key is
 * there, and compare what it says with its commitment. */
enum { CRM_LEDGER_VERIFY_OPEN = 1 };

/* How a ledger is verified.
 *
 * checkpoints: signed notes of this ledger, of any time: each must be of a tree
 *   that is the beginning of today's.
 * key: who signed these; empty: this ledger's own key, which says nothing
 *   against whoever has the store.
 * progress: as that of crm_store_verify; `destroy` is called before the call
 *   returns. */
typedef struct crm_ledger_verify_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  const crm_slice* checkpoints;
  size_t checkpoint_count;
  crm_slice key;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_ledger_verify_options;

#define CRM_LEDGER_VERIFY_OPTIONS_INIT \
  { sizeof(crm_ledger_verify_options), 0, 0, 0, 0, {0, 0}, 0, 0, 0 }

/* Reads the whole log and recomputes its chain, and of this ledger every link,
 * leaf and root; holds it against checkpoints. Not CRM_OK only when it could
 * not be done (CRM_MALFORMED, CRM_CORRUPTION, CRM_INVALID_ARGUMENT: a
 * checkpoint or the key), or was stopped by `progress`: what was found is in
 * the report, in the order of the log, so that the first finding says where
 * the damage begins. */
CRM_API crm_status crm_tenant_verify_ledger(
    crm_tenant* tenant, const crm_ledger_verify_options* options,
    crm_verify_report** out, crm_error** error) CRM_NOEXCEPT;

/* How a ledger is exported. No flags so far; reserved: 0. `progress` may be
 * NULL: records done and in all; `destroy` is called before the call
 * returns. */
typedef struct crm_ledger_export_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t reserved;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_ledger_export_options;

#define CRM_LEDGER_EXPORT_OPTIONS_INIT \
  { sizeof(crm_ledger_export_options), 0, 0, 0, 0, 0 }

/* The ledger to a file, for whoever is to check it without the store: NDJSON,
 * a line that says whose it is, each record, and a checkpoint of this very
 * tree, whose head `out` (may be NULL) gets. Whole or not at all; `path` as in
 * crm_store_export. What records say is not there. */
CRM_API crm_status
crm_tenant_export_ledger(crm_tenant* tenant, crm_slice path,
                         const crm_ledger_export_options* options,
                         crm_ledger_head* out, crm_error** error) CRM_NOEXCEPT;

/* What follows needs no store. */

/* Checks a signed note: whether one of its signatures is of this key. `out`
 * (may be NULL): the tree that it is of. CRM_MALFORMED: it is no note of a
 * ledger, or `key` is none; CRM_CORRUPTION: no signature, or a wrong one. */
CRM_API crm_status crm_verify_checkpoint(crm_slice note, crm_slice key,
                                         crm_ledger_head* out,
                                         crm_error** error) CRM_NOEXCEPT;

/* Checks a proof of either kind: CRM_OK when it is shown, CRM_CORRUPTION when
 * it is not (the message says why), CRM_MALFORMED when it is no proof. All of
 * it may come from anywhere.
 *
 * note, key: a checkpoint; then the tree of the proof must be that one (of a
 *   consistency proof: one of the two). Both empty: none.
 * opening: as crm_tenant_open_ledger_record gives it; then the record of an
 *   inclusion proof must say this. Empty: none. */
CRM_API crm_status crm_verify_ledger_proof(crm_slice proof, crm_slice note,
                                           crm_slice key, crm_slice opening,
                                           crm_error** error) CRM_NOEXCEPT;

/* --- Ingest ----------------------------------------------------------------
 *
 * A file of foreign data into events: NDJSON (one event a line), JSON arrays
 * of events, and - with a map - CSV, fixed-width text and foreign JSON; each
 * plain or gzip. Rows that are bad go to the report with line, column and
 * reason, the rest is imported.
 *
 *   crm_import_options options = CRM_IMPORT_OPTIONS_INIT;
 *   crm_import_map_from_file(crm_slice_of("maps/till.json"), &map, &error);
 *   options.map = map;
 *   options.rejected = set_aside;
 *   if (crm_tenant_import_file(tenant, crm_slice_of("till.csv.gz"), &options,
 *                              &report, &error) == CRM_OK)
 *     printf("%llu of %llu rows\n",
 *            (unsigned long long)crm_import_report_read(report)->appended,
 *            (unsigned long long)crm_import_report_read(report)->read);
 *   crm_import_report_free(report);
 *   crm_import_map_free(map);
 *
 * Importing a file twice changes nothing: a row without an id of its own gets
 * one made of its source, its content and its number among equal rows. An
 * import that was cut off goes on where it stood when the same file is
 * imported again with the same map, source and batch.
 */

/* How the columns of a text file become events; the format is documented in
 * examples/maps/README.md. Immutable. */
typedef struct crm_import_map crm_import_map;

/* Errors: CRM_MALFORMED (not JSON), CRM_INVALID_ARGUMENT (names the member). */
CRM_API crm_status crm_import_map_from_json(crm_slice json,
                                            crm_import_map** out,
                                            crm_error** error) CRM_NOEXCEPT;

/* The same from a file; and CRM_NOT_FOUND, CRM_IO_ERROR. */
CRM_API crm_status crm_import_map_from_file(crm_slice path,
                                            crm_import_map** out,
                                            crm_error** error) CRM_NOEXCEPT;

/* One name for what several systems call differently: "PreferencesUpdated" of
 * "CustomerPreferencesUpdated", "CustomerCreated" of "scl.member.created". A
 * type that has no other name is answered as it came. Events keep the type they
 * were sent with; whoever reads them asks for the one it stands for. What is
 * answered lives as long as `type`, or for ever. */
CRM_API crm_slice crm_canonical_event_type(crm_slice type) CRM_NOEXCEPT;

/* A map of kind "contacts" makes of each row an event with what it says about
 * one person, and one for each consent that it tells of. What a value does to
 * her profile is a policy of its column: "overwrite" (the latest statement
 * wins), "fill_empty" (it counts only where nobody ever says anything else,
 * whatever the order of the files), "append" (each element of the cell is a
 * trait of its own, tags[VIP]) or "ignore". A blank cell says nothing: it
 * overwrites no trait, and never touches consent. Consents have the time of
 * their own column, else that of the row, else that of the import; so a status
 * without a time is as new as its import, and an old export should say its
 * time. Columns that the map does not
 * mention become traits under their own name, unless it says otherwise. Equal
 * rows are the same statement; a row without a time of its own belongs to its
 * file, or to the batch, so that an export of next month may say once more what
 * one of last month said. */

/* A map that comes with libcrm, such as "hubspot": contacts as that system
 * exports them. CRM_NOT_FOUND: there is none of that name; says which there
 * are. */
CRM_API crm_status crm_import_map_from_preset(crm_slice name,
                                              crm_import_map** out,
                                              crm_error** error) CRM_NOEXCEPT;

/* The presets, from index 0 on, sorted by name: `name` and one line about it.
 * Either may be NULL. 0: there is no preset of that index. The text lives for
 * ever. */
CRM_API int32_t crm_import_preset_at(size_t index, crm_slice* name,
                                     crm_slice* about) CRM_NOEXCEPT;

/* The JSON that the map was made from, without insignificant blanks: something
 * to begin a map of one's own with. It lives as long as the map; empty for
 * NULL. */
CRM_API crm_slice crm_import_map_json(const crm_import_map* map) CRM_NOEXCEPT;

/* Imports that were begun with it have a copy. */
CRM_API void crm_import_map_free(crm_import_map* map) CRM_NOEXCEPT;

/* A map is read once and may be used for any number of files, also at once.
 *
 * Its "format" is "csv", "fixed" or "json". Of JSON a column is a member of the
 * row or a pointer into it ("/order/items/0/sku"), and the file may be NDJSON,
 * an array, or objects of several lines each. Of CSV a column is a name of the
 * header, the first of several names that the header has, or a number. A header
 * that lacks columns is refused, and the error names them; so is one that has a
 * column twice that the map uses.
 *
 * Lines end with LF, CRLF or CR, also mixed. A quoted field may hold line ends.
 * A row whose quotes are broken ends with its first line, so that one bad quote
 * costs one row and the next one is found. What is found wrong with a row says
 * in which line it begins, so a row of several lines is told by its first.
 *
 * Memory does not grow with the file, with one exception: rows that have no id
 * of their own are counted, because equal ones are different events; that takes
 * about 30 bytes for each different row. A map that names an id column or says
 * "equal_rows": "same", and every map of contacts, does without. */

/* How far an import is: bytes of the file as it is on disk, of total_bytes
 * (zero: not known); rows read and events appended so far. */
typedef struct crm_import_progress {
  uint64_t bytes;
  uint64_t total_bytes;
  uint64_t read;
  uint64_t appended;
  uint64_t reserved[2];
} crm_import_progress;

/* Why a row was not imported: a closed list, whose numbers and names stay. */
enum {
  /* It was imported. */
  CRM_REJECT_NONE = 0,
  /* Bytes that do not fit the encoding. */
  CRM_REJECT_BAD_ENCODING = 1,
  /* A quote that is never closed, or text behind a closing one; and lines
   * right behind such a row that have a quote inside a field. */
  CRM_REJECT_BAD_QUOTES = 2,
  /* Less than the header or the map says. */
  CRM_REJECT_TOO_FEW_COLUMNS = 3,
  /* More than that. */
  CRM_REJECT_TOO_MANY_COLUMNS = 4,
  /* The row, or a value in it. */
  CRM_REJECT_TOO_LARGE = 5,
  /* Not JSON, or not the JSON it should be. */
  CRM_REJECT_BAD_JSON = 6,
  /* A value that must be there is not. */
  CRM_REJECT_MISSING_REQUIRED = 7,
  /* Not a time as the format says. */
  CRM_REJECT_BAD_DATE = 8,
  /* Not a number, or not a whole one where the map wants that. */
  CRM_REJECT_BAD_NUMBER = 9,
  /* Neither yes nor no. */
  CRM_REJECT_BAD_BOOLEAN = 10,
  /* A status that the map does not know. */
  CRM_REJECT_BAD_CONSENT = 11,
  /* Not an address that can say who it is. */
  CRM_REJECT_INVALID_EMAIL = 12,
  /* Not a possible number; without a country code it needs a region. */
  CRM_REJECT_INVALID_PHONE = 13,
  /* An identifier of another namespace that is none. */
  CRM_REJECT_INVALID_IDENTIFIER = 14,
  /* Anything else about a value. */
  CRM_REJECT_INVALID_VALUE = 15,
  /* The id is there already, with other content. */
  CRM_REJECT_ID_CONFLICT = 16,
  /* The person was erased. */
  CRM_REJECT_ERASED = 17
};

/* "BAD_ENCODING"; empty for CRM_REJECT_NONE and for numbers that are none. It
 * lives for ever. */
CRM_API crm_slice crm_reject_reason_name(int32_t reason) CRM_NOEXCEPT;

/* A row that was not imported: the line where it begins, from 1; why, by
 * status, by one of CRM_REJECT_... and in words; and which column (its name
 * or, where there is none, its number from 1 as text; of JSON the member;
 * empty: the row as a whole). The message holds no value of the row. */
typedef struct crm_rejected_row {
  uint64_t line;
  crm_status code;
  int32_t reason;
  crm_slice message;
  crm_slice column;
  uint64_t reserved[2];
} crm_rejected_row;

/* Called after every batch. Anything but 0 stops: what was appended stays, and
 * the next import of the file goes on there. */
typedef int32_t (*crm_import_progress_callback)(
    void* user_data, const crm_import_progress* progress);

/* Called for every rejected row. Anything but 0 stops after the batch. */
typedef int32_t (*crm_rejected_row_callback)(void* user_data,
                                             const crm_rejected_row* row);

/* Flags of crm_import_options.
 *
 * STRICT: one bad row, and nothing at all is imported (CRM_INVALID_ARGUMENT).
 *   Reads the file twice.
 * DRY_RUN: count what would happen; write nothing.
 * IGNORE_TENANT: as in crm_append_options.
 * NEW_DATA: the file is news, not old data; without it an import is a
 *   backfill, and nobody is sent a message because of it. */
enum {
  CRM_IMPORT_STRICT = 1,
  CRM_IMPORT_DRY_RUN = 2,
  CRM_IMPORT_IGNORE_TENANT = 4,
  CRM_IMPORT_NEW_DATA = 8
};

/* Whose messages a file holds; nothing is guessed. NATIVE: events in the three
 * shapes of crm_tenant_append_json, or text through a map. SEGMENT: the Segment
 * specification; needs a source. CLOUDEVENTS: CloudEvents 1.0 in JSON. POSTHOG:
 * what PostHog's capture endpoint takes; needs a source. One message a line, an
 * array, or the format's own batch objects, each plain or gzip. A message of a
 * batch is a row of its own. Numbers, the order of keys and unknown members are
 * kept; what has no place in an event is in its metadata, and a message without
 * a time has that of the import. Where each member goes: examples/formats.md.
 */
enum {
  CRM_FORMAT_NATIVE = 0,
  CRM_FORMAT_SEGMENT = 1,
  CRM_FORMAT_CLOUDEVENTS = 2,
  CRM_FORMAT_POSTHOG = 3
};

/* How the characters of a file are written. Nothing is guessed: a byte order
 * mark that says something else is CRM_INVALID_ARGUMENT, and names the encoding
 * to use; bytes that do not fit make their row bad (CRM_REJECT_BAD_ENCODING).
 * Columns of fixed width count the bytes of the file; of UTF-16, those of what
 * it is in UTF-8. */
enum {
  /* What the map says; UTF-8 without one. */
  CRM_ENCODING_DEFAULT = 0,
  /* With or without a byte order mark. */
  CRM_ENCODING_UTF8 = 1,
  /* Told by its byte order mark, which must be there. */
  CRM_ENCODING_UTF16 = 2,
  /* The low byte first, with or without the mark of that order. */
  CRM_ENCODING_UTF16LE = 3,
  /* The high byte first, with or without the mark of that order. */
  CRM_ENCODING_UTF16BE = 4,
  /* Has all letters of ISO 8859-1, and the euro sign. */
  CRM_ENCODING_WINDOWS_1252 = 5,
  /* Of Mac OS before X. */
  CRM_ENCODING_MAC_ROMAN = 6
};

/* For two exports of one till on two days, in which a customer may have bought
 * the same thing twice, set `batch` to the day: equal rows of one file are told
 * apart by their number among equals, those of two files are not. */

/* How a file is imported.
 *
 * durability: one of CRM_DURABILITY_...
 * map: needed for text and foreign JSON; must be NULL for events and messages.
 *   Borrowed.
 * source: of events when they (JSON) or the map name none. Empty: such events
 *   are rejected.
 * batch: tells apart equal rows of different files that are different events.
 *   Empty: equal rows are the same event; contacts without a time of their
 *   own belong to their file (a pipe needs a batch then).
 * threads: that decode and append, 1 to 64; zero: 2. With one, the calling
 *   thread does everything. A dry run takes one.
 * max_rejected: at most so many rejected rows are kept in the report; zero:
 *   1,000.
 * progress, rejected: callbacks, on the calling thread, with user_data, which
 *   is destroyed before the call returns.
 * format: one of CRM_FORMAT_...; another one than CRM_FORMAT_NATIVE takes no
 *   map.
 * encoding: one of CRM_ENCODING_...; instead of what the map says. */
typedef struct crm_import_options {
  size_t struct_size;
  uint32_t flags;
  int32_t durability;
  const crm_import_map* map;
  crm_slice source;
  crm_slice batch;
  uint32_t threads;
  uint32_t max_rejected;
  crm_import_progress_callback progress;
  crm_rejected_row_callback rejected;
  void* user_data;
  void (*destroy)(void* user_data);
  int32_t format;
  int32_t encoding;
} crm_import_options;

#define CRM_IMPORT_OPTIONS_INIT                                               \
  {                                                                           \
    sizeof(crm_import_options), 0, 0, 0, {0, 0}, {0, 0}, 0, 0, 0, 0, 0, 0, 0, \
        0                                                                     \
  }

/* Progress and rejected rows share user_data. Both are called between batches
 * of some hundred rows, so that a slow callback slows the import. */

/* What became of an import. Immutable. */
typedef struct crm_import_report crm_import_report;

/* What a crm_import_report holds. `read`: rows of the file, header and blank
 * lines not counted. resumed_rows: those that an interrupted import of the
 * same file had already done; they are in the sums. rejected_rows: of this
 * call. */
typedef struct crm_import_report_view {
  uint64_t read;
  uint64_t appended;
  uint64_t duplicates;
  uint64_t rejected;
  uint64_t customers_created;
  uint64_t unattributed;
  uint64_t contested;
  uint64_t resumed_rows;
  const crm_rejected_row* rejected_rows;
  size_t rejected_row_count;
  uint64_t reserved[4];
} crm_import_report_view;

/* Imports the file at `path` ("-": standard input) into the tenant. Bad rows
 * are no error: see the report (`out` may be NULL). Errors: CRM_NOT_FOUND,
 * CRM_IO_ERROR (the file), CRM_MALFORMED (damaged gzip, a header that is
 * none), CRM_INVALID_ARGUMENT (options; CSV without a map; a map that does not
 * fit; an encoding that the byte order mark contradicts; a bad row with
 * STRICT), and what crm_tenant_append answers. After an error what has been
 * appended stays, and importing the file again goes on there. */
CRM_API crm_status crm_tenant_import_file(crm_tenant* tenant, crm_slice path,
                                          const crm_import_options* options,
                                          crm_import_report** out,
                                          crm_error** error) CRM_NOEXCEPT;

/* The report; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_import_report_view* crm_import_report_read(
    const crm_import_report* report) CRM_NOEXCEPT;

/* Frees the rejected rows as well. */
CRM_API void crm_import_report_free(crm_import_report* report) CRM_NOEXCEPT;

/* --- Export ----------------------------------------------------------------
 *
 * What is in a store, as files that others can read.
 *
 *   crm_store_export(store, crm_slice_of("club.ndjson.gz"), NULL, NULL,
 *                    &error);
 *   crm_store_import(other, crm_slice_of("club.ndjson.gz"), NULL, &report,
 *                    &error);
 *   same = crm_store_import_report_read(report)->identical;
 *
 * An export holds personal data in the clear: sealed bodies are opened for it.
 * Files are readable by their owner alone (mode 0600). A file is written as
 * PATH.tmp, synced, and put in the place of PATH when it is whole. A PATH that
 * ends in .gz is gzip; "-" is standard output, plain. All of an export is of
 * one position, with appends going on meanwhile.
 *
 * The export of a store is NDJSON, one object a line. Each line ends in
 * "check", 16 hexadecimal digits that are made of the line and of the check
 * before it, so that a line that was changed, left out, put in or moved is
 * found, and named, where it is.
 *
 *   {"kind":"libcrm-export","version":1,"region":"ZA","definitions":1,
 *    "tenants":1,"events":2,"check":"..."}                    first, once
 *   {"kind":"tenant","tenant":"golf-club","events":2,"records":1,
 *    "customers":1,"check":"..."}               each tenant, as they were made
 *   {"kind":"definition","tenant":"golf-club","after":0,
 *    "definition":"schema","type":"OrderPlaced","version":"1.0",
 *    "compatibility":"backward","schema":{...},"check":"..."}
 *   {"kind":"event","tenant":"golf-club","n":1,
 *    "recorded_at":"2026-02-03T10:00:00.000000Z","backfill":true,
 *    "warned":true,"source":"scl","record":1,"customer":1,"revision":0,
 *    "event":{...},"check":"..."}
 *   {"kind":"checksums","tenant":"golf-club","log":"...", ...}   each tenant
 *   {"kind":"end","events":2,"erased":0,"definitions":1,"check":"..."}  last
 *
 * Events and definitions come in the order of the log. `event` is the event in
 * the shape in which it came in, without its tenant, and without a timestamp
 * when it had none; `n` counts the events of its tenant from 1. Record,
 * customer (absent: unattributed) and revision say how it was bound: an import
 * compares them with what it finds; so it does with `warned` (it did not fit
 * the schema of its type). An event whose key is gone is a line of the kind
 * "erased": it has type, version and occurred_at in place of `event`. One that
 * was redacted has "redacted":true, and an `event` with an empty payload.
 *
 * A definition of the tenant stands where it was made: `after` counts her
 * events before it. It is a "schema" (type, version, compatibility: none,
 * backward, forward or full, schema), an "upcaster" (type, version: where it
 * begins, to, upcaster), "identity" (settings: what differs from the defaults)
 * or a "validation" (type, absent: all types; mode: off, warn, enforce or
 * inherit).
 *
 * Not in it: names, epochs and dictionaries of the log, which the library makes
 * again; positions, therefore (they count those, too); the offsets of hosts,
 * which tell where a host stood in its own input; keys. So two stores with the
 * same events and definitions give the same file, byte by byte.
 */

/* The checksum of one projection, 32 hexadecimal digits, over all that it can
 * be asked. Every position in it is the number of events of the tenant up to
 * there.
 *
 *   log          the event lines of the tenant
 *   definitions  her definition lines
 *   counters     crm_tenant_stats
 *   identity     each customer: records, links, confidences
 *   identifiers  whose each identifier of each event is
 *   profile      each customer: traits with their sources, first and last seen
 *   timeline     each customer: her events by event time, with their payloads
 *   times        the order of all events by event time
 *
 * Two stores say the same when all of theirs are equal. There is no secret in
 * them: they do not show who made a file. Tables that only speed things up are
 * compared by crm_store_verify. */
typedef struct crm_projection_checksum {
  crm_slice projection;
  crm_slice checksum;
  uint64_t reserved[2];
} crm_projection_checksum;

/* What a store says of one tenant.
 *
 * tenant: its name.
 * events: how many were exported, the erased ones among them.
 * erased: events whose key is gone; only their open parts are exported.
 * records, customers: how many there are.
 * checksums: one for each projection, in the order above; "log" alone with
 *   CRM_EXPORT_NO_VIEWS. */
typedef struct crm_tenant_export {
  crm_slice tenant;
  uint64_t events;
  uint64_t erased;
  uint64_t records;
  uint64_t customers;
  const crm_projection_checksum* checksums;
  size_t checksum_count;
  uint64_t reserved[4];
} crm_tenant_export;

/* Flags of crm_store_export_options. NO_VIEWS: leave out the checksums of the
 * views, which take most of the time; an import then compares no views.
 * ONLY_CHECKSUMS: write nothing; path and `write` are not looked at. */
enum { CRM_EXPORT_NO_VIEWS = 1, CRM_EXPORT_ONLY_CHECKSUMS = 2 };

/* Takes the next piece of an export, of any size, which is borrowed. Anything
 * but 0 stops. */
typedef int32_t (*crm_write_callback)(void* user_data, crm_slice text);

/* How a store is exported.
 *
 * tenant: only this one; empty: all of them.
 * progress: events written, of how many; anything but 0 stops, and there is no
 *   file then. May be NULL.
 * write: takes the text instead of a file, for a socket or a compression of
 *   your own; the path must be empty then. NULL: a file.
 * destroy: called with user_data, which both share, before the call returns. */
typedef struct crm_store_export_options {
  size_t struct_size;
  uint32_t flags;
  crm_slice tenant;
  crm_progress_callback progress;
  crm_write_callback write;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_store_export_options;

#define CRM_STORE_EXPORT_OPTIONS_INIT \
  { sizeof(crm_store_export_options), 0, {0, 0}, 0, 0, 0, 0 }

/* What was exported. Immutable. */
typedef struct crm_store_export_report crm_store_export_report;

/* What a crm_store_export_report holds.
 *
 * events: of all exported tenants, the erased ones among them.
 * erased: those whose key is gone.
 * bytes: of text, before gzip.
 * tenants: in the order in which they were made. */
typedef struct crm_store_export_report_view {
  uint64_t events;
  uint64_t erased;
  uint64_t bytes;
  const crm_tenant_export* tenants;
  size_t tenant_count;
  uint64_t reserved[4];
} crm_store_export_report_view;

/* For example, to see whether two stores say the same:
 *
 *   crm_store_export_options options = CRM_STORE_EXPORT_OPTIONS_INIT;
 *   options.flags = CRM_EXPORT_ONLY_CHECKSUMS;
 *   crm_store_export(a, none, &options, &of_a, &error);
 *   crm_store_export(b, none, &options, &of_b, &error);
 *   for (i = 0; i < crm_store_export_report_read(of_a)->tenant_count; ++i)
 *     compare(&crm_store_export_report_read(of_a)->tenants[i],
 *             &crm_store_export_report_read(of_b)->tenants[i]);
 *
 * An error in between leaves no new file, and the old one where it was. */

/* Writes the store to a file (`out` may be NULL). Appends go on meanwhile.
 * Errors: CRM_NOT_FOUND (the tenant), CRM_CORRUPTION, CRM_KEY_MISSING,
 * CRM_CANCELLED, CRM_IO_ERROR, CRM_NO_SPACE; and what a callback stops
 * with. */
CRM_API crm_status crm_store_export(crm_store* store, crm_slice path,
                                    const crm_store_export_options* options,
                                    crm_store_export_report** out,
                                    crm_error** error) CRM_NOEXCEPT;

/* The report; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_store_export_report_view* crm_store_export_report_read(
    const crm_store_export_report* report) CRM_NOEXCEPT;

/* Frees the tenants and checksums as well. */
CRM_API void crm_store_export_report_free(crm_store_export_report* report)
    CRM_NOEXCEPT;

/* How an export is imported. No flags so far.
 *
 * durability: one of CRM_DURABILITY_...; zero: as CRM_DURABILITY_OS, and one
 *   sync at the end.
 * progress: lines read, of how many, over both passes; anything but 0 stops.
 * destroy: called with user_data before the call returns. */
typedef struct crm_store_import_options {
  size_t struct_size;
  uint32_t flags;
  int32_t durability;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_store_import_options;

#define CRM_STORE_IMPORT_OPTIONS_INIT \
  { sizeof(crm_store_import_options), 0, 0, 0, 0, 0 }

/* Something that the import gave another answer to than the exported store.
 *
 * line: of the file; zero: a projection as a whole.
 * what: "record", "customer", "revision", or the name of a projection. */
typedef struct crm_store_difference {
  crm_slice tenant;
  uint64_t line;
  crm_slice what;
  uint64_t reserved[2];
} crm_store_difference;

/* What became of the import of an export. Immutable. */
typedef struct crm_store_import_report crm_store_import_report;

/* What a crm_store_import_report holds.
 *
 * events: appended.
 * erased: left out, as an event without its body cannot be appended.
 * redacted: of the appended ones, those that were redacted: they are events
 *   without a payload here. One that a schema refuses for that is left out, and
 *   counts as erased.
 * identical: 1 when the store says what the one said that was exported.
 * differences: the first hundred of differences_total.
 * tenants: what the store says now. */
typedef struct crm_store_import_report_view {
  uint64_t events;
  uint64_t erased;
  uint64_t redacted;
  int32_t identical;
  uint32_t reserved0;
  uint64_t differences_total;
  const crm_store_difference* differences;
  size_t difference_count;
  const crm_tenant_export* tenants;
  size_t tenant_count;
  uint64_t reserved[4];
} crm_store_import_report_view;

/* A move to another machine, or to a newer format on disk:
 *
 *   if (crm_store_import(store, path, NULL, &report, &error) < 0)
 *     return fail();
 *   moved = crm_store_import_report_read(report)->identical;
 *
 * Who is whose is found out again, and compared with the file: a report with
 * differences tells of a store that is sound in itself, but not the one that
 * was exported (another version of the library, say). What is appended
 * afterwards is not recorded earlier than what was imported. */

/* Reads the export of a store into a store without events; order and
 * recorded_at are kept, and what the store says is compared with the file. The
 * file is read twice: a file that was cut or changed (CRM_MALFORMED), needs a
 * newer library (CRM_FORMAT_TOO_NEW) or holds what this one does not know
 * (CRM_UNSUPPORTED) is refused with its line, and nothing is appended. Others:
 * CRM_FAILED_PRECONDITION (the store has events), CRM_INVALID_ARGUMENT (its
 * region is another one; standard input), and what appends answer; the message
 * then says how many events have been appended. */
CRM_API crm_status crm_store_import(crm_store* store, crm_slice path,
                                    const crm_store_import_options* options,
                                    crm_store_import_report** out,
                                    crm_error** error) CRM_NOEXCEPT;

/* The report; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_store_import_report_view* crm_store_import_report_read(
    const crm_store_import_report* report) CRM_NOEXCEPT;

/* Frees the differences as well. */
CRM_API void crm_store_import_report_free(crm_store_import_report* report)
    CRM_NOEXCEPT;

/* How events are written for others.
 *
 * NATIVE: JSON as it came in, one event a line, as crm_event_view_to_json
 *   writes it and CRM_FORMAT_NATIVE reads it. An event that came without a time
 *   has that at which it was recorded.
 * SEGMENT: messages of the Segment specification, one a line, as
 *   CRM_FORMAT_SEGMENT reads them. identify, page, screen, group and alias
 *   become such messages where that says all of them; every other event is a
 *   track of its type. An import gives events of the same ids, types, times and
 *   payloads, and of the same identifiers as far as the specification has a
 *   place for them: authUserId (userId), anonymousId, email, phoneNumber and
 *   deviceId (context). Others stand in context.externalIds, which an import
 *   keeps but does not look at. An event that has neither a userId nor an
 *   anonymousId gets "namespace:value" of its best identifier as userId
 *   (`substituted`); one without any identifier, or of a type that an import
 *   would take for a semantic event of another name, is left out (`left_out`).
 * CSV: RFC 4180, that is UTF-8, lines that end in CRLF, a header, quotes where
 *   they are needed.
 * PROFILES: no events, but the profiles, as CSV, one customer a row. Strings
 *   are text, other values JSON. */
enum {
  CRM_EXPORT_NATIVE = 1,
  CRM_EXPORT_SEGMENT = 2,
  CRM_EXPORT_CSV = 3,
  CRM_EXPORT_PROFILES = 4
};

/* Flags of crm_export_options.
 *
 * FORMULA_SAFE: in CSV, put a ' before cells that a spreadsheet would take for
 *   a formula: those that begin with = + - @, a tab or a carriage return,
 *   numbers not counted. It changes data; a file for programs is better off
 *   without. */
enum { CRM_EXPORT_FORMULA_SAFE = 1 };

/* Columns of CSV: position, id, type, source, version, occurred_at,
 * recorded_at, customer, record, identity, payload (these, when none are
 * named), revision, correlation_id, causation_id, metadata; or a path into
 * identity, payload or metadata, such as "/payload/address/city", which is a
 * JSON pointer through objects (an array is given as a whole). Objects are JSON
 * in one cell, strings are text, null and absent are empty.
 *
 * Columns of PROFILES: customer, version, events, first_seen, last_seen, or
 * "trait:NAME"; when none are named: all of these, and a column for each trait
 * that any customer has. */

/* What is exported of a tenant.
 *
 * format: one of CRM_EXPORT_...; zero: NATIVE.
 * query: which events, in which order; NULL: all. Not for PROFILES.
 * sources: any of these; none: all. Not for PROFILES.
 * columns: of CSV: "id", "/payload/total" and so on; of PROFILES: "customer",
 *   "trait:email" and so on; none: the usual ones.
 * progress: events or customers written; anything but 0 stops, and there is no
 *   file then. */
typedef struct crm_export_options {
  size_t struct_size;
  uint32_t flags;
  int32_t format;
  const crm_replay_query* query;
  const crm_slice* sources;
  size_t source_count;
  const crm_slice* columns;
  size_t column_count;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_export_options;

#define CRM_EXPORT_OPTIONS_INIT \
  { sizeof(crm_export_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* What was written.
 *
 * written: events, or customers.
 * erased: events that were not, because their key is gone.
 * left_out: events that a Segment message cannot say.
 * substituted: messages whose userId was made of another identifier. */
typedef struct crm_export_counts {
  uint64_t written;
  uint64_t erased;
  uint64_t left_out;
  uint64_t substituted;
  uint64_t reserved[4];
} crm_export_counts;

/* For example, all orders of the year for a spreadsheet:
 *
 *   query.flags = CRM_QUERY_FROM;
 *   query.from_us = 1767225600000000;
 *   query.types = &order_placed;
 *   query.type_count = 1;
 *   options.format = CRM_EXPORT_CSV;
 *   options.flags = CRM_EXPORT_FORMULA_SAFE;
 *   options.query = &query;
 *   crm_tenant_export_file(tenant, crm_slice_of("orders.csv"), &options,
 *                          &counts, &error); */

/* Writes events or profiles of the tenant to a file; `out` (may be NULL) is
 * filled. Errors: those of crm_tenant_replay, CRM_INVALID_ARGUMENT (a column),
 * CRM_CANCELLED, CRM_IO_ERROR, CRM_NO_SPACE. */
CRM_API crm_status crm_tenant_export_file(crm_tenant* tenant, crm_slice path,
                                          const crm_export_options* options,
                                          crm_export_counts* out,
                                          crm_error** error) CRM_NOEXCEPT;

/* --- Commands --------------------------------------------------------------
 *
 * What a host does with an account in one call. Each looks at what is there,
 * decides, and appends its events as one atomic request, or changes nothing
 * and says why.
 *
 *   crm_registration ada = CRM_REGISTRATION_INIT;
 *   crm_command_options call = CRM_COMMAND_OPTIONS_INIT;
 *   ada.email = crm_slice_of("ada@example.com");
 *   ada.flags = CRM_REGISTRATION_TERMS_ACCEPTED;
 *   call.id = crm_slice_of("signup-17");        (the host's name of this call)
 *   call.source = crm_slice_of("web");
 *   call.at_us = now;
 *   if (crm_tenant_register_customer(tenant, &ada, &call, &result, &error) ==
 *       CRM_ALREADY_EXISTS)
 *     log_in();
 *
 * A call is unique by its source and id: the same again changes nothing and
 * answers what came of it the first time (REPEATED); another one under that id
 * is CRM_ID_CONFLICT, unless what was said the first time has expired
 * (crm_tenant_retain). What a command saw is a condition of its request; where
 * somebody was faster it looks again, eight times at most (CRM_CONFLICT). Of
 * two registrations of one address exactly one comes through.
 *
 * A registered customer has an account, an identifier of an exclusive
 * namespace; without one the id of the call becomes it (customerId). The
 * address is unique within the tenant, in all of its spellings.
 *
 * Deactivating suspends: no marketing (CRM_CONSENT_BY_DEACTIVATED), while what
 * a contract or the law wants goes on; nothing of what she said is taken back,
 * and reactivating brings it all back. The traits recordState and emailVerified
 * say how she stands.
 *
 * crm/commands.h says which events come of each, and more.
 */

/* Who calls, and when. No flags so far.
 *
 * id: the host's name of this call: 1 to 200 bytes, unique per source.
 * source: the system that says so: the source of the events.
 * at_us: when. Must be set.
 * ip_address, user_agent: of who did it; empty: not known. Personal. */
typedef struct crm_command_options {
  size_t struct_size;
  uint32_t flags;
  crm_slice id;
  crm_slice source;
  int64_t at_us;
  crm_slice ip_address;
  crm_slice user_agent;
} crm_command_options;

#define CRM_COMMAND_OPTIONS_INIT                                        \
  {                                                                     \
    sizeof(crm_command_options), 0, {0, 0}, {0, 0}, 0, {0, 0}, { 0, 0 } \
  }

/* An address that is to be verified. The host makes the token and mails it; its
 * hash is kept beside the log until expires_at_us, and used once.
 *
 * token_sha256: 64 hexadecimal digits. */
typedef struct crm_email_verification {
  crm_slice token_sha256;
  int64_t expires_at_us;
  uint64_t reserved[1];
} crm_email_verification;

/* crm_registration.flags.
 *
 * TERMS_ACCEPTED: must be set (CRM_FAILED_PRECONDITION).
 * MARKETING_CONSENT: she ticked the box for marketing by e-mail.
 * KNOWN_EMAIL: somebody who never registered may have the address already, and
 *   it is she who registers now. */
enum {
  CRM_REGISTRATION_TERMS_ACCEPTED = 1,
  CRM_REGISTRATION_MARKETING_CONSENT = 2,
  CRM_REGISTRATION_KNOWN_EMAIL = 4
};

/* Who registers.
 *
 * email: must be set. first_name, last_name, phone: may be empty.
 * identifiers: her accounts in the host's systems, of exclusive namespaces;
 *   nobody may have one of them yet.
 * verification: NULL: the address is not to be verified. */
typedef struct crm_registration {
  size_t struct_size;
  uint32_t flags;
  crm_slice email;
  crm_slice first_name;
  crm_slice last_name;
  crm_slice phone;
  const crm_identifier* identifiers;
  size_t identifier_count;
  const crm_email_verification* verification;
} crm_registration;

#define CRM_REGISTRATION_INIT \
  { sizeof(crm_registration), 0, {0, 0}, {0, 0}, {0, 0}, {0, 0}, 0, 0, 0 }

/* One field of a profile.
 *
 * field: firstName, lastName, phone, dateOfBirth or address.
 * value: text; dateOfBirth as "1815-12-10"; address a JSON object.
 * unset: 1: there is none any more, and value must be empty. */
typedef struct crm_field_change {
  crm_slice field;
  crm_slice value;
  int32_t unset;
  uint32_t reserved0;
} crm_field_change;

/* Why an account is deactivated. The numbers are frozen.
 *
 * CUSTOMER_REQUEST: she asked for it.
 * FRAUD, TERMS_VIOLATION: the host decided.
 * OTHER: see the notes. */
enum {
  CRM_DEACTIVATION_CUSTOMER_REQUEST = 1,
  CRM_DEACTIVATION_FRAUD = 2,
  CRM_DEACTIVATION_TERMS_VIOLATION = 3,
  CRM_DEACTIVATION_OTHER = 4
};

/* crm_command_result_view.flags.
 *
 * REPEATED: it was done before, and nothing was appended now.
 * NEW_CUSTOMER: a registration made a customer. Without it she was known
 *   already: by her phone number, or as a subscriber (KNOWN_EMAIL). */
enum { CRM_COMMAND_REPEATED = 1, CRM_COMMAND_NEW_CUSTOMER = 2 };

/* What became of a command. Immutable. */
typedef struct crm_command_result crm_command_result;

/* What a crm_command_result holds. types, positions: of the events that were
 * appended, now or then, in order; `event_count` of each. None: nothing had to
 * be. */
typedef struct crm_command_result_view {
  uint64_t customer;
  uint32_t flags;
  uint32_t reserved0;
  const crm_slice* types;
  const uint64_t* positions;
  size_t event_count;
  uint64_t reserved[2];
} crm_command_result_view;

/* Where the record of a customer stands. The numbers are frozen.
 *
 * MERGED: her number leads to another. */
enum {
  CRM_RECORD_ACTIVE = 1,
  CRM_RECORD_MERGED = 2,
  CRM_RECORD_DEACTIVATED = 3,
  CRM_RECORD_ERASED = 4
};

/* crm_customer_state.flags. SINCE: since_us and position are set.
 * EMAIL_PENDING: her address is not verified yet. EMAIL_VERIFIED: it is. */
enum {
  CRM_CUSTOMER_STATE_SINCE = 1,
  CRM_CUSTOMER_STATE_EMAIL_PENDING = 2,
  CRM_CUSTOMER_STATE_EMAIL_VERIFIED = 4
};

/* What is there under a number.
 *
 * state: one of CRM_RECORD_...
 * customer: who stands for her; zero: nobody (ERASED).
 * since_us, position: since when she is deactivated, or active again, and the
 *   event that says so. */
typedef struct crm_customer_state {
  int32_t state;
  uint32_t flags;
  uint64_t customer;
  int64_t since_us;
  uint64_t position;
  uint64_t reserved[2];
} crm_customer_state;

/* All commands: `out` may be NULL. CRM_INVALID_ARGUMENT, CRM_TOO_LARGE name the
 * member; CRM_ID_CONFLICT, CRM_CONFLICT as above; and what appends answer.
 * Those about a customer: CRM_NOT_FOUND, CRM_ERASED, CRM_FAILED_PRECONDITION
 * (none of her events says how she is called now). */

/* CustomerCreated, ConsentGranted, EmailVerificationRequested.
 * CRM_ALREADY_EXISTS: the address or an account is somebody's. */
CRM_API crm_status crm_tenant_register_customer(
    crm_tenant* tenant, const crm_registration* registration,
    const crm_command_options* options, crm_command_result** out,
    crm_error** error) CRM_NOEXCEPT;

/* Asks anew to verify the address that she has: the token before counts no
 * more. CRM_FAILED_PRECONDITION: she has no address. */
CRM_API crm_status crm_tenant_request_email_verification(
    crm_tenant* tenant, uint64_t customer,
    const crm_email_verification* verification,
    const crm_command_options* options, crm_command_result** out,
    crm_error** error) CRM_NOEXCEPT;

/* Her address is hers: EmailVerified. With the hash of the token that came
 * back; it is compared in constant time, with that of the newest request, and
 * counts once. CRM_FAILED_PRECONDITION: no request is open, it is too late, or
 * her address is another by now; CRM_DENIED: it is not that token. */
CRM_API crm_status crm_tenant_verify_email(crm_tenant* tenant,
                                           uint64_t customer,
                                           crm_slice token_sha256,
                                           const crm_command_options* options,
                                           crm_command_result** out,
                                           crm_error** error) CRM_NOEXCEPT;

/* Gives her another address: CustomerEmailUpdated with the old and the new one,
 * and the request to verify it, if there is a `verification` (may be NULL).
 * Until that is answered it is not verified, whatever the old one was. The old
 * address stays hers: nobody else can register with it, and what comes with it
 * is hers. CRM_INVALID_ARGUMENT: it is hers already; CRM_ALREADY_EXISTS:
 * somebody else's; CRM_FAILED_PRECONDITION: she has no account, so that nothing
 * but the old address leads to her. */
CRM_API crm_status crm_tenant_update_email(
    crm_tenant* tenant, uint64_t customer, crm_slice email,
    const crm_email_verification* verification,
    const crm_command_options* options, crm_command_result** out,
    crm_error** error) CRM_NOEXCEPT;

/* Sets and unsets fields; what is not named stays. One event for each kind that
 * differs (name, phone, address, date of birth), with old and new values; none
 * where nothing does. A phone number that is nobody's is one by which she is
 * found from then on. CRM_INVALID_ARGUMENT: a field that there is not, or that
 * is named twice, or a value that cannot be one; then nothing is changed. */
CRM_API crm_status crm_tenant_update_profile(
    crm_tenant* tenant, uint64_t customer, const crm_field_change* changes,
    size_t count, const crm_command_options* options, crm_command_result** out,
    crm_error** error) CRM_NOEXCEPT;

/* reason: one of CRM_DEACTIVATION_... notes: personal; may be empty. Is so
 * already: no event. */
CRM_API crm_status crm_tenant_deactivate(crm_tenant* tenant, uint64_t customer,
                                         int32_t reason, crm_slice notes,
                                         const crm_command_options* options,
                                         crm_command_result** out,
                                         crm_error** error) CRM_NOEXCEPT;

/* Takes a suspension back: what she said before counts again. Is active
 * already: no event. */
CRM_API crm_status crm_tenant_reactivate(crm_tenant* tenant, uint64_t customer,
                                         const crm_command_options* options,
                                         crm_command_result** out,
                                         crm_error** error) CRM_NOEXCEPT;

/* The result; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_command_result_view* crm_command_result_read(
    const crm_command_result* result) CRM_NOEXCEPT;

/* Frees the texts as well. */
CRM_API void crm_command_result_free(crm_command_result* result) CRM_NOEXCEPT;

/* How she stands. CRM_NOT_FOUND: there never was such a number. */
CRM_API crm_status crm_tenant_get_customer_state(
    crm_tenant* tenant, uint64_t customer, const crm_read_options* options,
    crm_customer_state* out, crm_error** error) CRM_NOEXCEPT;

/* --- Export of a person ----------------------------------------------------
 *
 * All that a store holds about one customer, in a file that she, or whoever
 * she takes it to, can read and check: access (Art. 15 GDPR), portability
 * (Art. 20), and what is given to her before she is erased.
 *
 *   crm_person_export_options options = CRM_PERSON_EXPORT_OPTIONS_INIT;
 *   options.at_us = now;
 *   crm_tenant_export_person(tenant, 7, crm_slice_of("ada.ndjson"), &options,
 *                            &report, &error);
 *   ...
 *   crm_check_person_export(crm_slice_of("ada.ndjson"), NULL, &report,
 *                           &error);
 *
 * The file is NDJSON. Every line begins with the name of its part: export,
 * customer, sources, events, traits, preferences, consents, and for access also
 * receipts, decisions, register, identity. The last line is the manifest: of
 * each part its lines, bytes and SHA-256. The same store and the same options
 * give the same file, byte by byte.
 *
 * The data of others is not in it. Other customers are numbers; who merged her
 * is not named; members of events that name people who handled her (agent,
 * agentId, agentName, assignedTo, author, createdBy, employee, handledBy,
 * operator, performedBy, signedBy, staff, updatedBy, and those of `redact`), at
 * any depth, have the value "[redacted]". Free text stays: read it before you
 * hand the file over.
 *
 * crm/person_export.h describes every part and the rule of portability.
 */

/* How much is exported. The numbers are frozen.
 *
 * ACCESS: everything about her.
 * PORTABILITY: what she gave and what was observed of her, not what was
 *   concluded, and no acts of the controller. */
enum { CRM_PERSON_EXPORT_ACCESS = 1, CRM_PERSON_EXPORT_PORTABILITY = 2 };

/* How to export a person. No flags so far.
 *
 * mode: one of CRM_PERSON_EXPORT_...; zero: ACCESS.
 * at_us: the instant that decisions are asked for: now, by the host's clock.
 *   Must be set.
 * redact: names of further members of events whose values are taken out.
 * leave_out: further types of events that are no part of PORTABILITY, because
 *   they are kept on another basis than consent or a contract. Not for ACCESS.
 * progress: events written, of how many; anything but 0 stops, and there is no
 *   file then.
 * write: if set, gets the pieces; the path must be empty then. What it got
 *   before an error is no export: it has no manifest.
 * destroy: called with user_data before the call returns. */
typedef struct crm_person_export_options {
  size_t struct_size;
  uint32_t flags;
  int32_t mode;
  int64_t at_us;
  const crm_slice* redact;
  size_t redact_count;
  const crm_slice* leave_out;
  size_t leave_out_count;
  crm_progress_callback progress;
  crm_write_callback write;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_person_export_options;

#define CRM_PERSON_EXPORT_OPTIONS_INIT \
  { sizeof(crm_person_export_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* One part of an export; sha256: 64 hexadecimal digits over its lines. */
typedef struct crm_person_export_part {
  crm_slice name;
  uint64_t lines;
  uint64_t bytes;
  crm_slice sha256;
  uint64_t reserved[2];
} crm_person_export_part;

/* What was exported of a person, or what a file says. Immutable. */
typedef struct crm_person_export_report crm_person_export_report;

/* What a crm_person_export_report holds.
 *
 * customer: of a retired number, the one to whom it leads.
 * position: of the log that events, traits and acts are of.
 * events, left_out: in the file, and those that the mode leaves out.
 * redacted: values that were taken out.
 * lines, bytes, sha256: of all before the manifest.
 * parts: in the order of the file, without the manifest. */
typedef struct crm_person_export_report_view {
  uint64_t customer;
  uint64_t position;
  int64_t at_us;
  int32_t mode;
  uint32_t reserved0;
  uint64_t events;
  uint64_t left_out;
  uint64_t redacted;
  uint64_t lines;
  uint64_t bytes;
  crm_slice sha256;
  const crm_person_export_part* parts;
  size_t part_count;
  uint64_t reserved[2];
} crm_person_export_report_view;

/* Writes what there is about a customer to a file (gzip when the name ends in
 * .gz; "-": standard output), whole or not at all; `out` may be NULL. Errors:
 * CRM_NOT_FOUND, CRM_ERASED (also when she is erased meanwhile),
 * CRM_INVALID_ARGUMENT (an option), CRM_CORRUPTION, CRM_KEY_MISSING,
 * CRM_CANCELLED, CRM_IO_ERROR, CRM_NO_SPACE; and what a callback stops with. */
CRM_API crm_status crm_tenant_export_person(
    crm_tenant* tenant, uint64_t customer, crm_slice path,
    const crm_person_export_options* options, crm_person_export_report** out,
    crm_error** error) CRM_NOEXCEPT;

/* The report; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_person_export_report_view* crm_person_export_report_read(
    const crm_person_export_report* report) CRM_NOEXCEPT;

/* Frees the parts as well. */
CRM_API void crm_person_export_report_free(crm_person_export_report* report)
    CRM_NOEXCEPT;

/* Reads such a file and holds it against its manifest; needs no store. `out`
 * may be NULL. CRM_MALFORMED: it was cut off or changed, or is no export (names
 * the part); CRM_FORMAT_TOO_NEW, CRM_NOT_FOUND, CRM_IO_ERROR. The sums have no
 * key: they show that the file is whole, not who made it. */
CRM_API crm_status crm_check_person_export(crm_slice path,
                                           const crm_read_options* options,
                                           crm_person_export_report** out,
                                           crm_error** error) CRM_NOEXCEPT;

/* Exports a customer to a file, and then erases her, as crm_tenant_erase does:
 * the file is whole and on the disk before anything is destroyed, and when it
 * cannot be written nothing is. Events that are appended meanwhile have her
 * exported again, three times at most (CRM_CONFLICT after that). An event of
 * the last instant is erased, and not in the file: `events` of the erasure is
 * then greater than `events` and `left_out` of the export. `exported` and
 * `erasure` may be NULL. Errors are those of both; CRM_INVALID_ARGUMENT: a dry
 * run, standard output, options.write. A refused erasure makes no file. */
CRM_API crm_status crm_tenant_export_and_erase(
    crm_tenant* tenant, uint64_t customer, crm_slice path,
    const crm_person_export_options* options,
    const crm_erasure_options* erasure_options,
    crm_person_export_report** exported, crm_erasure_report** erasure,
    crm_error** error) CRM_NOEXCEPT;

/* --- Reconcile -------------------------------------------------------------
 *
 * Is everything that a file says in the store, and nothing else? The file is
 * read as crm_tenant_import_file does; nothing is written. Compared are the
 * sources that occur in the file: what the store has of others is not looked
 * at. Importing and reconciling, in any order and as often as one likes,
 * changes nothing that a first import did not change. Nobody should append to
 * these sources meanwhile.
 *
 *   crm_tenant_reconcile_file(tenant, crm_slice_of("members.ndjson"), NULL,
 *                             &report, &error);
 *   view = crm_reconcile_report_read(report);
 *   for (i = 0; i < view->count_count; ++i)
 *     print(&view->counts[i]);
 *   complete = view->differences_total == 0;
 *   crm_reconcile_report_free(report);
 *
 * An event is found when its id is in the store with the same content. A row
 * without an id of its own gets the one that an import gives it.
 *
 * Memory: two bits for each position of the log, some 50 bytes for each
 * customer of these sources, and what a dry run keeps of events that are
 * missing.
 */

/* Events of one source and type.
 *
 * file: in the file, each once: found + missing + conflicting.
 * stored: in the store, of this source and type.
 * found: in both, and the same.
 * missing: in the file alone; an import would append them.
 * conflicting: another event of the store has the id, or another row of the
 *   file; an import would refuse them.
 * extra: in the store alone. */
typedef struct crm_reconcile_count {
  crm_slice source;
  crm_slice type;
  uint64_t file;
  uint64_t stored;
  uint64_t found;
  uint64_t missing;
  uint64_t conflicting;
  uint64_t extra;
  uint64_t reserved[2];
} crm_reconcile_count;

/* A customer for whom file and store do not agree.
 *
 * file: events of the file that are hers, or would be.
 * found: of them, those that are in the store.
 * stored: hers in the store, of the sources of the file. */
typedef struct crm_reconcile_customer {
  uint64_t customer;
  uint64_t file;
  uint64_t found;
  uint64_t stored;
  uint64_t reserved[2];
} crm_reconcile_customer;

/* Kinds of differences. REJECTED: a row that an import would refuse. */
enum {
  CRM_RECONCILE_MISSING = 1,
  CRM_RECONCILE_CONFLICT = 2,
  CRM_RECONCILE_EXTRA = 3,
  CRM_RECONCILE_REJECTED = 4
};

/* One difference. It has no id of an event, which would be personal: line and
 * position find it.
 *
 * kind: one of CRM_RECONCILE_...
 * line: of the file; zero for EXTRA.
 * position: in the store, of CONFLICT (zero: the file contradicts itself) and
 *   of EXTRA.
 * source, type: of the event; empty for REJECTED.
 * customer: whose it is, or would be; zero: nobody's, or somebody's who is new.
 * message: why a row was REJECTED; holds no value of the row. */
typedef struct crm_reconcile_difference {
  int32_t kind;
  uint32_t reserved0;
  uint64_t line;
  uint64_t position;
  crm_slice source;
  crm_slice type;
  uint64_t customer;
  crm_slice message;
  uint64_t reserved[2];
} crm_reconcile_difference;

/* Flags of crm_reconcile_options.
 *
 * PARTIAL: the file is one of several of its sources; what the store has beyond
 *   it is counted, and is no difference. */
enum { CRM_RECONCILE_PARTIAL = 1 };

/* How a file is compared. `import`: how it is read, or NULL; of its members
 * format, map, encoding, source, batch, the flag IGNORE_TENANT and the
 * callbacks count.
 * max_listed: so many differences and customers are listed; zero: 1,000. */
typedef struct crm_reconcile_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t max_listed;
  const crm_import_options* import;
} crm_reconcile_options;

#define CRM_RECONCILE_OPTIONS_INIT \
  { sizeof(crm_reconcile_options), 0, 0, 0 }

/* What a reconciliation found. Immutable. */
typedef struct crm_reconcile_report crm_reconcile_report;

/* What a crm_reconcile_report holds. File and store agree when
 * differences_total is 0.
 *
 * read: rows of the file.
 * repeated: rows that say what a row before them says.
 * rejected: rows that an import would refuse, conflicts not counted.
 * total: the sums of the counts, without names.
 * counts: by source, then type.
 * new_customers: those whom an import would make.
 * customers: the first of customers_total, by number.
 * differences: the first of differences_total; those of the file in its order,
 *   then those of the store in its. */
typedef struct crm_reconcile_report_view {
  uint64_t read;
  uint64_t repeated;
  uint64_t rejected;
  crm_reconcile_count total;
  const crm_reconcile_count* counts;
  size_t count_count;
  uint64_t new_customers;
  uint64_t customers_total;
  const crm_reconcile_customer* customers;
  size_t customer_count;
  uint64_t differences_total;
  const crm_reconcile_difference* differences;
  size_t difference_count;
  uint64_t reserved[4];
} crm_reconcile_report_view;

/* Compares the file at `path` ("-": standard input) with the tenant. Errors: as
 * crm_tenant_import_file. That they differ is none: see the report. */
CRM_API crm_status crm_tenant_reconcile_file(
    crm_tenant* tenant, crm_slice path, const crm_reconcile_options* options,
    crm_reconcile_report** out, crm_error** error) CRM_NOEXCEPT;

/* The report; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_reconcile_report_view* crm_reconcile_report_read(
    const crm_reconcile_report* report) CRM_NOEXCEPT;

/* Frees what it lists as well. */
CRM_API void crm_reconcile_report_free(crm_reconcile_report* report)
    CRM_NOEXCEPT;

/* ---------------------------------------------------------------------------
 * Link a file: which rows of a file of persons are the same person?
 *
 *   crm_link_file(crm_slice_of("people.csv"), map_json,
 *                 crm_slice_of("clusters.csv"), NULL, &report, &error);
 *   view = crm_link_report_read(report);
 *   printf("%llu records of %llu persons\n",
 *          (unsigned long long)view->records,
 *          (unsigned long long)view->clusters);
 *   crm_link_report_free(report);
 *
 * Records are compared field by field, and what agrees is weighed in bits: 4
 * are odds of 16 to 1 that both are one person, 12 are 4,096 to 1. What a field
 * is worth says a model, which is trained on the file itself unless one is
 * given. How is told at crm_link_records; examples/maps/README.md says what a
 * map is.
 *
 * No store is needed, and none is changed. Any thread; calls share nothing.
 * The same file, map, options and model give the same bytes.
 * ------------------------------------------------------------------------- */

/* How a file is linked. Zero is the default of every member.
 *
 * encoding: one of CRM_ENCODING_..., instead of what the map says.
 * model: JSON as model_json of a report has it; empty: train one on the file,
 *   or take the default model where that cannot be.
 * review: path of a CSV file for pairs that a person should look at: record_a,
 *   record_b, weight, reason, evidence. Empty: none is written.
 * link_weight: pairs of at least so many bits are linked; 0: 2. (For exactly
 *   none give something very small.)
 * review_weight: lighter pairs of at least so many bits go to `review`.
 * seed: chooses the random pairs of the training; 0: 1.
 * threads: that compare, up to 64; 0: 2.
 * progress: how far the present step is, of how much; steps follow one another,
 *   each from the beginning. Anything but 0 stops. May be NULL.
 * destroy: called with user_data before the call returns. */
typedef struct crm_link_options {
  size_t struct_size;
  uint32_t flags;
  int32_t encoding;
  crm_slice model;
  crm_slice review;
  double link_weight;
  double review_weight;
  uint64_t seed;
  uint32_t threads;
  uint32_t reserved;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_link_options;

#define CRM_LINK_OPTIONS_INIT \
  { sizeof(crm_link_options), 0, 0, {0, 0}, {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0 }

/* What was linked, or trained. Immutable. */
typedef struct crm_link_report crm_link_report;

/* What a crm_link_report holds. Of a training: records, pairs, trained and
 * model_json.
 *
 * records: rows of the file.
 * clusters: how many persons they are taken for.
 * largest: records of the largest cluster.
 * linked: records that are not alone in theirs.
 * without_values: records with nothing to compare: each is alone.
 * unreadable_dates: birth dates that no format fits: they count as missing.
 * pairs: how many were compared.
 * review_total: pairs that a person should look at.
 * cut_pairs: pairs that were not compared, because too many records share what
 *   they have in common.
 * prior: bits; log2 of the odds that any two records are one person.
 * model_json: the model that was used, to be kept.
 * trained: 1 when that was trained on this file.
 * not_trained_because: why not, when none was given; otherwise empty. */
typedef struct crm_link_report_view {
  uint64_t records;
  uint64_t clusters;
  uint64_t largest;
  uint64_t linked;
  uint64_t without_values;
  uint64_t unreadable_dates;
  uint64_t pairs;
  uint64_t review_total;
  uint64_t cut_pairs;
  double prior;
  crm_slice model_json;
  crm_slice not_trained_because;
  int32_t trained;
  uint32_t reserved_word;
  uint64_t reserved[4];
} crm_link_report_view;

/* Links the CSV file `path` ("-": standard input; plain or gzip) by the map
 * `map_json`, and writes `clusters` ("-": standard output), whole or not at
 * all: a header record_id,cluster_id and a line for each record, in the order
 * of the file; clusters are numbered from 1 on. `out` may be NULL. Errors: the
 * map's; CRM_MALFORMED (a row that cannot be read; the message has its line),
 * CRM_ALREADY_EXISTS (an id that stands twice), CRM_NOT_FOUND, CRM_IO_ERROR,
 * CRM_NO_SPACE (the files), CRM_INVALID_ARGUMENT, what `progress` answered. */
CRM_API crm_status crm_link_file(crm_slice path, crm_slice map_json,
                                 crm_slice clusters,
                                 const crm_link_options* options,
                                 crm_link_report** out,
                                 crm_error** error) CRM_NOEXCEPT;

/* Trains a model on such a file and links nothing; of the options encoding,
 * seed and progress count. Errors: those of crm_link_file, and
 * CRM_FAILED_PRECONDITION: the file is too small, or teaches nothing. */
CRM_API crm_status crm_train_file(crm_slice path, crm_slice map_json,
                                  const crm_link_options* options,
                                  crm_link_report** out,
                                  crm_error** error) CRM_NOEXCEPT;

/* The report; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_link_report_view* crm_link_report_read(
    const crm_link_report* report) CRM_NOEXCEPT;

/* Frees what it holds as well. */
CRM_API void crm_link_report_free(crm_link_report* report) CRM_NOEXCEPT;

/* ---------------------------------------------------------------------------
 * Match records: the engine behind crm_link_file and the matching of customers,
 * for records that lie in memory, however they came there.
 *
 *   crm_match_set_new(&set, &error);
 *   values[0].field = CRM_MATCH_FIELD_SURNAME;
 *   values[0].text = crm_slice_of("Blackwood");
 *   ...
 *   record.id = crm_slice_of("row 1");
 *   record.values = values;
 *   record.value_count = 3;
 *   crm_match_set_add(set, &record, 1, &error);
 *   ...
 *   crm_link_records(set, NULL, NULL, &result, &error);
 *   view = crm_link_result_read(result);
 *   for (i = 0; i < view->record_count; ++i)
 *     printf("record %lu is of person %lu\n", (unsigned long)i,
 *            (unsigned long)view->clusters[i]);
 *   crm_link_result_free(result);
 *   crm_match_set_free(set);
 *
 * How it works (Fellegi and Sunter 1969). Records that share one of many
 * blocking keys (a sounding surname and a birth year, a postcode and a house
 * number, ...) are candidates. Each field of two candidates is compared and
 * falls into a level, from "different" to "exact"; a missing value is no
 * evidence. A level is worth log2(m / u) bits: m is how often it is seen with
 * one person, u with two. An exact value weighs more the rarer it is in the
 * set. The sum and the prior (how rare matches are among all pairs of the set)
 * is the weight of the pair: 4 bits are odds of 16 to 1, 12 bits 4,096 to 1.
 *
 * Pairs become clusters from the heaviest to the lightest, behind guards: no
 * cannot-link, no two values of one exclusive namespace, and cohesion: all
 * records of one side must fit those of the other on the average, so that a
 * chain of weak links does not collapse into one big person. What lasts for
 * life (given name, birth date, sex, national id) and speaks against counts in
 * full there: one slip keeps nobody apart, but twins, and a father and his son
 * of one name, stay two. What a guard stops, and what is too light to be linked
 * but not to be looked at, is listed for review.
 *
 * No store, no disk, no clock, no randomness. The clusters depend on the
 * records and the model, and not on the order of the records or the number of
 * threads.
 *
 * Memory: about 250 bytes for each record, and the text of each different
 * value; while linking 90 bytes for each record and 16 for each pair that is
 * heavy enough to be looked at.
 *
 * Threads. A set: one thread at a time while records are added; calls that only
 * read it (all others) may be made at once. Models, trainings, results and
 * explanations are immutable.
 * ------------------------------------------------------------------------- */

/* What a value is. Names, for maps and for people, gives crm_match_field_name.
 *
 * GIVEN_NAME: one or several; nicknames are known.
 * FULL_NAME: "Ada King Lovelace" or "Lovelace, Ada King". Fills in the given
 *   name and the surname where they are missing; the rest are middle names.
 * BIRTH_DATE: "1961-04-09"; unknown parts are zeros or left out at the end:
 *   "1961-04", "1961", "0000-04-09".
 * STREET: may begin or end with the house number.
 * CITY: or suburb, village, parish. REGION: or state, province, county.
 * EMAIL: two are compared, further ones left out.
 * PHONE: the same; with or without a country code.
 * NATIONAL_ID: or another number of her own.
 * SEX: its first letter counts.
 * OTHER: anything else that is a word or a number. */
enum {
  CRM_MATCH_FIELD_GIVEN_NAME = 1,
  CRM_MATCH_FIELD_SURNAME = 2,
  CRM_MATCH_FIELD_FULL_NAME = 3,
  CRM_MATCH_FIELD_MIDDLE_NAME = 4,
  CRM_MATCH_FIELD_BIRTH_DATE = 5,
  CRM_MATCH_FIELD_STREET = 6,
  CRM_MATCH_FIELD_HOUSE_NUMBER = 7,
  CRM_MATCH_FIELD_CITY = 8,
  CRM_MATCH_FIELD_POSTCODE = 9,
  CRM_MATCH_FIELD_REGION = 10,
  CRM_MATCH_FIELD_COUNTRY = 11,
  CRM_MATCH_FIELD_EMAIL = 12,
  CRM_MATCH_FIELD_PHONE = 13,
  CRM_MATCH_FIELD_NATIONAL_ID = 14,
  CRM_MATCH_FIELD_SEX = 15,
  CRM_MATCH_FIELD_OCCUPATION = 16,
  CRM_MATCH_FIELD_BIRTH_PLACE = 17,
  CRM_MATCH_FIELD_OTHER = 18
};

/* "given_name"; empty for numbers that are none. Lives as long as the program.
 */
CRM_API crm_slice crm_match_field_name(int32_t field) CRM_NOEXCEPT;

/* One value of a record. Case, accents, punctuation and blanks do not count; an
 * empty text is a missing value.
 *
 * field: CRM_MATCH_FIELD_...
 * slot: of OTHER 0 to 3: which other. Only equal slots are compared.
 * text: UTF-8, at most 4,096 bytes. */
typedef struct crm_match_value {
  int32_t field;
  uint32_t slot;
  crm_slice text;
  uint64_t reserved[1];
} crm_match_value;

/* One record: what one source said of one person. The more fields, the better;
 * none is needed. Several values of one field are several elements of `values`
 * with the same `field`; their order does not matter but for e-mail addresses
 * and phones, of which the first two count.
 *
 * id: 1 to 256 bytes, unique in its set. It orders records that are otherwise
 *   alike, and is not compared.
 * values: at most 10,000.
 * exclusive: identifiers such as an account number, of which a person has one:
 *   records with different values of one namespace are never put together. At
 *   most 10,000. May be NULL. */
typedef struct crm_match_record {
  crm_slice id;
  const crm_match_value* values;
  size_t value_count;
  const crm_identifier* exclusive;
  size_t exclusive_count;
  uint64_t reserved[2];
} crm_match_record;

/* The records to train on and to link, in a compact form. They have numbers,
 * from 0 on, in the order in which they were added. */
typedef struct crm_match_set crm_match_set;

/* An empty set. It grows with what is added; nothing is taken out again. Who
 * has records that change makes a new one: adding takes some microseconds for
 * each record, and linking much longer.
 *
 * The ids are yours: numbers of rows, keys of another system, or records of a
 * tenant. Where two files are linked with each other, put the name of the file
 * into the id ("crm:17", "shop:A-4"), and records that cannot be one person
 * because both are of the same file into `exclusive`: a namespace for the file,
 * with the row as its value. */
CRM_API crm_status crm_match_set_new(crm_match_set** out,
                                     crm_error** error) CRM_NOEXCEPT;

/* Adds records, which are copied. The first one that is refused ends it, and
 * the message names its place in `records`: those before it were added, it and
 * those behind it were not; crm_match_set_size tells. At most 100,000,000 in a
 * set.
 *
 * Errors: CRM_INVALID_ARGUMENT (an id that is empty, text that is no UTF-8, a
 * birth date that is none, a field or slot that there is not; the message names
 * the field and never the value), CRM_TOO_LARGE, CRM_ALREADY_EXISTS (the id;
 * the message gives the number of the record that has it), CRM_OUT_OF_MEMORY:
 * from then on the set is of no use, and every call with it answers
 * CRM_FAILED_PRECONDITION. */
CRM_API crm_status crm_match_set_add(crm_match_set* set,
                                     const crm_match_record* records,
                                     size_t count,
                                     crm_error** error) CRM_NOEXCEPT;

/* How many records there are; 0 for a handle that is none. */
CRM_API size_t crm_match_set_size(const crm_match_set* set) CRM_NOEXCEPT;

/* The id of a record; empty for a number that none has. It lives as long as the
 * set. */
CRM_API crm_slice crm_match_set_id(const crm_match_set* set,
                                   size_t number) CRM_NOEXCEPT;

/* The number of the record with this id. CRM_NOT_FOUND. */
CRM_API crm_status crm_match_set_find(const crm_match_set* set, crm_slice id,
                                      uint32_t* out,
                                      crm_error** error) CRM_NOEXCEPT;

/* Frees the records. */
CRM_API void crm_match_set_free(crm_match_set* set) CRM_NOEXCEPT;

/* How much each level of each field weighs. It holds no value of any record. */
typedef struct crm_match_model crm_match_model;

/* The model that comes with libcrm, made from what such data are generally
 * like: for sets that are too small to train on, and for day one. It is also
 * what a model of NULL means. */
CRM_API crm_status crm_match_model_default(crm_match_model** out,
                                           crm_error** error) CRM_NOEXCEPT;

/* The model of a text that crm_match_model_to_json gave, or the model_json of a
 * crm_link_report. Errors: CRM_MALFORMED (no JSON), CRM_UNSUPPORTED (the format
 * version of a later libcrm), CRM_INVALID_ARGUMENT (names the member). */
CRM_API crm_status crm_match_model_from_json(crm_slice json,
                                             crm_match_model** out,
                                             crm_error** error) CRM_NOEXCEPT;

/* The model as text, to be kept: the same model is the same bytes. */
CRM_API crm_status crm_match_model_to_json(const crm_match_model* model,
                                           crm_buffer** out,
                                           crm_error** error) CRM_NOEXCEPT;

/* Of how many records it was trained; 0: the default model, or no handle. */
CRM_API uint64_t crm_match_model_trained_on(const crm_match_model* model)
    CRM_NOEXCEPT;

/* Frees the model. One that a training holds is freed with that, and by nothing
 * else. */
CRM_API void crm_match_model_free(crm_match_model* model) CRM_NOEXCEPT;

/* A model of one's own records is better than the default one as soon as there
 * are some thousands of them, and it can be kept and used for those that come:
 *
 *   crm_train_model(set, NULL, &training, &error);
 *   model = crm_training_read(training)->model;
 *   crm_link_records(set, model, NULL, &result, &error);
 *   crm_match_model_to_json(model, &json, &error);
 *   keep(crm_buffer_data(json), crm_buffer_size(json));
 *   ...
 *   crm_match_model_from_json(kept, &model_of_last_week, &error);
 *
 * A set that cannot be trained on (CRM_FAILED_PRECONDITION) is linked by the
 * default model: pass NULL. */

/* The fewest records that can be trained on. */
enum { CRM_MIN_TRAINING_RECORDS = 200 };

/* How a model is trained. Zero is the default of every member.
 *
 * iterations: how often expectation and maximisation take turns, up to 1,000;
 *   0: 25.
 * seed: chooses the random pairs; 0: 1. The same records and the same seed give
 *   the same model.
 * progress: how far a step is, of how much; 0: not known. Anything but 0 stops.
 *   May be NULL.
 * destroy: may be NULL; called with user_data before the call returns. */
typedef struct crm_train_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t iterations;
  uint64_t seed;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_train_options;

#define CRM_TRAIN_OPTIONS_INIT \
  { sizeof(crm_train_options), 0, 0, 0, 0, 0, 0 }

/* A trained model, and how the training went. Immutable. */
typedef struct crm_training crm_training;

/* What a crm_training holds.
 *
 * model: for crm_link_records and the others; it lives as long as the training.
 * pairs: that were looked at.
 * kept_default: names of fields that keep the default, as no session could
 *   teach them, or what it taught was refused.
 * sessions: that the model was learned in. */
typedef struct crm_training_view {
  const crm_match_model* model;
  uint64_t pairs;
  const crm_slice* kept_default;
  size_t kept_default_count;
  uint32_t sessions;
  uint32_t reserved_word;
  uint64_t reserved[3];
} crm_training_view;

/* Learns a model from the records themselves, without any truth. How often
 * fields agree by chance is counted in random pairs; how often they agree for
 * one person is learned in sessions, each of pairs that agree on something (the
 * birth date; given name and surname; an e-mail address, a phone, a national
 * id), by expectation-maximisation. What would make a household one person is
 * refused. Errors: CRM_FAILED_PRECONDITION (fewer than CRM_MIN_TRAINING_RECORDS
 * records; they are copies of a few; no session has enough pairs; all that was
 * learned is refused), CRM_INVALID_ARGUMENT, what `progress` answered. */
CRM_API crm_status crm_train_model(const crm_match_set* set,
                                   const crm_train_options* options,
                                   crm_training** out,
                                   crm_error** error) CRM_NOEXCEPT;

/* The training; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_training_view* crm_training_read(const crm_training* training)
    CRM_NOEXCEPT;

/* Frees the model in it as well. */
CRM_API void crm_training_free(crm_training* training) CRM_NOEXCEPT;

/* Two records, by number. weight: bits, with the prior; going in it is not
 * looked at. */
typedef struct crm_match_pair {
  uint32_t a;
  uint32_t b;
  double weight;
  uint64_t reserved[2];
} crm_match_pair;

/* Why a pair is listed for review.
 *
 * WEIGHT: too light to be linked without a person's look.
 * COHESION: the clusters behind it do not fit.
 * EXCLUSIVE: two values of one exclusive namespace.
 * CANNOT_LINK: between two records of the clusters.
 * TOO_LARGE: the cluster would be over max_cluster. */
enum {
  CRM_REVIEW_REASON_WEIGHT = 1,
  CRM_REVIEW_REASON_COHESION = 2,
  CRM_REVIEW_REASON_EXCLUSIVE = 3,
  CRM_REVIEW_REASON_CANNOT_LINK = 4,
  CRM_REVIEW_REASON_TOO_LARGE = 5
};

/* "WEIGHT"; empty for numbers that are none. Lives as long as the program. */
CRM_API crm_slice crm_review_reason_name(int32_t reason) CRM_NOEXCEPT;

/* A pair that a person should look at; crm_explain_pair says why it weighs so
 * much. reason: CRM_REVIEW_REASON_... flags: 0. */
typedef struct crm_review_pair {
  crm_match_pair pair;
  int32_t reason;
  uint32_t flags;
  uint64_t reserved[1];
} crm_review_pair;

/* How records are linked. Zero is the default of every member.
 *
 * threads: that compare, up to 64; 0: 1. With one, the calling thread does it
 *   all.
 * link_weight: a pair of at least so many bits is linked, if the guards let it;
 *   0: 12, which is for merges that nobody looks at afterwards. (For exactly
 *   none give something very small.)
 * review_weight: a lighter pair of at least so many bits is listed for review;
 *   0: 4.
 * must_link, cannot_link: what a person said, up to 100,000,000 of each.
 *   Must-links come before any weight and any guard; a cannot-link is never
 *   overridden. May be NULL.
 * max_cluster: no cluster becomes larger by itself; 0: 1,000.
 * max_review: at most so many pairs are listed for review, the heaviest first;
 *   0: 100,000. All of them are counted.
 * progress: how far the present step is, of how much; steps follow one another,
 *   each from the beginning. Anything but 0 stops. May be NULL.
 * destroy: may be NULL; called with user_data before the call returns. */
typedef struct crm_link_records_options {
  size_t struct_size;
  uint32_t flags;
  uint32_t threads;
  double link_weight;
  double review_weight;
  const crm_match_pair* must_link;
  size_t must_link_count;
  const crm_match_pair* cannot_link;
  size_t cannot_link_count;
  uint64_t max_cluster;
  uint64_t max_review;
  crm_progress_callback progress;
  void* user_data;
  void (*destroy)(void* user_data);
} crm_link_records_options;

#define CRM_LINK_RECORDS_OPTIONS_INIT \
  { sizeof(crm_link_records_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Which records are one person. Immutable.
 *
 * Linking again with what a person has said since: each answer to a pair of
 * `review` becomes a must-link or a cannot-link of the next call, together with
 * those before it. Answers are kept by the ids of records, since numbers are
 * those of one set: crm_match_set_id, crm_match_set_find. */
typedef struct crm_link_result crm_link_result;

/* What a crm_link_result holds.
 *
 * clusters: for each record the number of its cluster, from 0 on, in the order
 *   of the first record of each.
 * record_count: how many records that are. cluster_count: and persons.
 * links: the pairs that united clusters, in the order in which they did;
 *   must-links are not among them.
 * review: the heaviest first. review_total: how many there are.
 * prior: bits; log2 of the odds that any two records are one person.
 * pairs: that were compared; a few are so twice.
 * cut_blocks: blocking keys that too many records share, and cut_pairs: pairs
 *   of them that were not compared. */
typedef struct crm_link_result_view {
  const uint32_t* clusters;
  size_t record_count;
  uint64_t cluster_count;
  const crm_match_pair* links;
  size_t link_count;
  const crm_review_pair* review;
  size_t review_count;
  uint64_t review_total;
  double prior;
  uint64_t pairs;
  uint64_t cut_blocks;
  uint64_t cut_pairs;
  uint64_t reserved[4];
} crm_link_result_view;

/* Links the records of a set by a model; NULL: the default one. The same again
 * gives the same, and records that came in another order the same persons. A
 * set of no records has no clusters. Reads the set, and so it may be called by
 * several threads at once, with other options or another model.
 *
 * Errors:
 * CRM_INVALID_ARGUMENT (options; a number that no record has), CRM_CONFLICT
 * (must-links join what a cannot-link keeps apart; the message gives the
 * numbers), CRM_TOO_LARGE, what `progress` answered. */
CRM_API crm_status crm_link_records(const crm_match_set* set,
                                    const crm_match_model* model,
                                    const crm_link_records_options* options,
                                    crm_link_result** out,
                                    crm_error** error) CRM_NOEXCEPT;

/* The result; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_link_result_view* crm_link_result_read(
    const crm_link_result* result) CRM_NOEXCEPT;

/* Frees the arrays as well. */
CRM_API void crm_link_result_free(crm_link_result* result) CRM_NOEXCEPT;

/* Nobody believes a number that does not say where it comes from:
 *
 *   pair = &view->review[0].pair;
 *   crm_explain_pair(set, NULL, pair->a, pair->b, view->prior, NULL, &why,
 *                    &error);
 *   told = crm_match_explanation_read(why);
 *   for (i = 0; i < told->evidence_count; ++i)
 *     printf("%.*s: %.*s, %+.1f bits\n", ...);
 *
 *   given_name: nickname, +4.1 bits
 *   birth_date: exact, +13.2 bits
 *   city: different, -1.7 bits
 *
 * Evidence against is negative, and what is missing is zero. The prior is what
 * all of it has to outweigh: among 100,000 records it is about -16 bits. */

/* How one field of a pair agrees, and what that is worth.
 *
 * field: CRM_MATCH_FIELD_... slot: of OTHER.
 * level: "exact", "nickname", "missing", ...
 * weight: bits, rareness included.
 * rareness: of them, for a rare (or common) value.
 * beside: what it was weighed beside. Empty: on its own; "agrees" or "differs":
 *   what it hangs together with (a city with its postcode) agrees or differs,
 *   so that it says less. Both texts live as long as the program. */
typedef struct crm_match_evidence {
  int32_t field;
  uint32_t slot;
  crm_slice level;
  double weight;
  double rareness;
  crm_slice beside;
  uint64_t reserved[2];
} crm_match_evidence;

/* Why two records weigh what they weigh together. Immutable. */
typedef struct crm_match_explanation crm_match_explanation;

/* What a crm_match_explanation holds.
 *
 * weight: the sum of the evidence and the prior. prior: as it was given.
 * evidence: one for each field that the set has, missing ones too. */
typedef struct crm_match_explanation_view {
  double weight;
  double prior;
  const crm_match_evidence* evidence;
  size_t evidence_count;
  uint64_t reserved[2];
} crm_match_explanation_view;

/* Compares two records of a set by a model; NULL: the default one. `prior`:
 * that of a crm_link_result, or 0 for the bare weight. `options` may be NULL.
 * CRM_INVALID_ARGUMENT: a number that no record has; a prior that is no number.
 *
 * A record of which most is missing weighs little with any other: nothing in it
 * speaks for, and nothing against. */
CRM_API crm_status crm_explain_pair(const crm_match_set* set,
                                    const crm_match_model* model, uint32_t a,
                                    uint32_t b, double prior,
                                    const crm_read_options* options,
                                    crm_match_explanation** out,
                                    crm_error** error) CRM_NOEXCEPT;

/* The explanation; it lives as long as its handle. NULL for NULL. */
CRM_API const crm_match_explanation_view* crm_match_explanation_read(
    const crm_match_explanation* explanation) CRM_NOEXCEPT;

/* Frees the evidence as well. */
CRM_API void crm_match_explanation_free(crm_match_explanation* explanation)
    CRM_NOEXCEPT;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* CRM_INCLUDE_CRM_H_ */
