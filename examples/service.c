/* crm_service: a service loop in C, to start from.
 *
 *   crm_service STORE [STREAM]
 *
 * Reads events from standard input, one JSON object a line, and answers each
 * with one line of JSON on standard output, in the same order:
 *
 *   {"line":1,"status":"OK","outcome":"appended","position":7,"customer":3}
 *   {"line":2,"status":"MALFORMED","message":"..."}
 *
 * An answer means that the event is on the disk. Lines that arrive together
 * are appended together, in batches of up to a hundred; while nothing comes,
 * nobody waits for a batch to fill.
 *
 * With every batch the number of lines done is stored as the offset of STREAM
 * ("stdin"), in the same write. Started again with the same input from its
 * beginning, the service skips what it has done; a line that was appended just
 * before a crash and comes once more is answered as a duplicate. SIGINT,
 * SIGTERM and the end of the input stop it: what was read is answered first,
 * and the store is closed. */

#include <crm.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

enum { BATCH_EVENTS = 100, READ_BYTES = 65536 };

static volatile sig_atomic_t stop = 0;

static void on_signal(int number) {
  (void)number;
  stop = 1;
}

/* What has been read of the input. Lines are handed out as slices of it. */
struct input {
  char* data;
  size_t size;
  size_t room;
  size_t taken; /* Bytes that were handed out. */
  int at_end;
};

struct service {
  crm_store* store;
  crm_tenant* tenant;
  const char* stream;
  uint64_t line; /* Lines of the stream that are done. */
  uint64_t skip; /* Of these, what was done by an earlier run. */
};

static int fail(const char* what, crm_error* error) {
  fprintf(stderr, "crm_service: %s: %s: %s\n", what,
          crm_status_name(crm_error_code(error)), crm_error_message(error));
  crm_error_free(error);
  return 1;
}

/* A JSON string: messages of libcrm are plain text without personal data. */
static void print_string(crm_slice text) {
  size_t i;
  putchar('"');
  for (i = 0; i < text.size; ++i) {
    const unsigned char byte = (unsigned char)text.data[i];
    if (byte == '"' || byte == '\\') {
      printf("\\%c", byte);
    } else if (byte < 0x20) {
      printf("\\u%04x", byte);
    } else {
      putchar(byte);
    }
  }
  putchar('"');
}

static void print_outcome(uint64_t line, const crm_event_outcome* outcome) {
  printf("{\"line\":%llu,\"status\":\"%s\"", (unsigned long long)line,
         crm_status_name(outcome->code));
  if (outcome->code != CRM_OK) {
    printf(",\"message\":");
    print_string(outcome->message);
  } else {
    printf(",\"outcome\":\"%s\",\"position\":%llu",
           outcome->outcome == CRM_OUTCOME_DUPLICATE ? "duplicate" : "appended",
           (unsigned long long)outcome->position);
    if (outcome->customer != 0) {
      printf(",\"customer\":%llu", (unsigned long long)outcome->customer);
    }
  }
  printf("}\n");
}

/* Appends a batch with the offset behind it, and answers each of its lines.
 * One bad event does not fail the others. */
static int append_batch(struct service* service, const crm_slice* events,
                        size_t count) {
  char offset[32];
  size_t i;
  crm_error* error = NULL;
  crm_append_result* result = NULL;
  const crm_append_result_view* view;
  crm_append_options options = CRM_APPEND_OPTIONS_INIT;
  snprintf(offset, sizeof(offset), "%llu",
           (unsigned long long)(service->line + count));
  options.flags = CRM_APPEND_PARTIAL;
  options.offset_name = crm_slice_of(service->stream);
  options.offset_value = crm_slice_of(offset);
  if (crm_tenant_append_json(service->tenant, events, count, &options, &result,
                             &error) < 0) {
    return fail("append", error);
  }
  view = crm_append_result_read(result);
  for (i = 0; i < view->event_count; ++i) {
    print_outcome(service->line + 1 + i, &view->events[i]);
  }
  service->line += count;
  crm_append_result_free(result);
  /* Nobody listens any more: stop, and begin here next time. */
  return fflush(stdout) == 0 ? 0 : 1;
}

/* The next whole line, or at the end of the input the rest of it. 0: none. */
static int next_line(struct input* input, crm_slice* line) {
  const size_t left = input->size - input->taken;
  const char* const start = input->data + input->taken;
  const char* const end =
      left == 0 ? NULL : (const char*)memchr(start, '\n', left);
  if (end == NULL && (!input->at_end || left == 0)) return 0;
  line->data = start;
  line->size = end == NULL ? left : (size_t)(end - start);
  input->taken += line->size + (end != NULL);
  return 1;
}

/* Waits for input and reads what is there. Only here do signals come in, so
 * that none is missed. 0 when it cannot go on. */
static int read_more(struct input* input) {
  fd_set ready;
  sigset_t none;
  ssize_t got;
  FD_ZERO(&ready);
  FD_SET(STDIN_FILENO, &ready);
  sigemptyset(&none);
  if (pselect(STDIN_FILENO + 1, &ready, NULL, NULL, NULL, &none) < 0) {
    return errno == EINTR;
  }
  memmove(input->data, input->data + input->taken, input->size - input->taken);
  input->size -= input->taken;
  input->taken = 0;
  if (input->room - input->size < READ_BYTES) {
    /* A line longer than an event may be is refused by libcrm, not here. */
    char* larger;
    if (input->room > 8u * CRM_MAX_EVENT_BYTES) return 0;
    larger = (char*)realloc(input->data, input->room * 2);
    if (larger == NULL) return 0;
    input->data = larger;
    input->room *= 2;
  }
  got = read(STDIN_FILENO, input->data + input->size, READ_BYTES);
  if (got < 0) return errno == EINTR;
  input->at_end = got == 0;
  input->size += (size_t)got;
  return 1;
}

static int serve(struct service* service, struct input* input) {
  while (!stop) {
    crm_slice events[BATCH_EVENTS];
    size_t count = 0;
    uint64_t seen = 0;
    while (count < BATCH_EVENTS && next_line(input, &events[count])) {
      if (service->skip > 0) {
        --service->skip;
      } else {
        ++count;
      }
      ++seen;
    }
    if (count > 0 && append_batch(service, events, count) != 0) return 1;
    if (seen > 0) continue;
    if (input->at_end) return 0;
    if (!read_more(input)) {
      fprintf(stderr, "crm_service: after line %llu: too long, or unreadable\n",
              (unsigned long long)service->line);
      return 1;
    }
  }
  return 0;
}

/* Where an earlier run stopped: so many lines are not read again. */
static int find_start(struct service* service) {
  crm_error* error = NULL;
  crm_buffer* offset = NULL;
  const crm_status status = crm_tenant_get_offset(
      service->tenant, crm_slice_of(service->stream), NULL, &offset, &error);
  if (status == CRM_NOT_FOUND) {
    crm_error_free(error);
    return 0;
  }
  if (status < 0) return fail("offset", error);
  service->line = strtoull(crm_buffer_data(offset), NULL, 10);
  service->skip = service->line;
  crm_buffer_free(offset);
  return 0;
}

static int open_store(struct service* service, const char* directory) {
  crm_error* error = NULL;
  crm_store_options options = CRM_STORE_OPTIONS_INIT;
  options.flags = CRM_STORE_CREATE_IF_MISSING;
  if (crm_store_open(crm_slice_of(directory), &options, &service->store,
                     &error) < 0) {
    return fail(directory, error);
  }
  if (crm_tenant_open(service->store, crm_slice_of("default"), NULL,
                      &service->tenant, &error) < 0) {
    return fail("tenant", error);
  }
  return find_start(service);
}

int main(int argc, char** argv) {
  struct sigaction action;
  sigset_t stopping;
  struct service service = {NULL, NULL, "stdin", 0, 0};
  struct input input = {NULL, 0, 2 * READ_BYTES, 0, 0};
  crm_error* error = NULL;
  int failed;
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: crm_service STORE [STREAM]\n");
    return 2;
  }
  if (argc == 3) service.stream = argv[2];
  memset(&action, 0, sizeof(action));
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  /* Before there are other threads, so that they do not get them either. */
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGINT);
  sigaddset(&stopping, SIGTERM);
  sigprocmask(SIG_BLOCK, &stopping, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);

  input.data = (char*)malloc(input.room);
  failed = input.data == NULL || open_store(&service, argv[1]) != 0 ||
           serve(&service, &input) != 0;
  crm_tenant_free(service.tenant);
  if (crm_store_close(service.store, &error) < 0) {
    failed = fail("close", error);
  }
  free(input.data);
  return failed ? 1 : 0;
}
