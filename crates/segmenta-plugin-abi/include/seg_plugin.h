/* seg_plugin.h: what a library of segmentation criteria and the runner agree on.
 * ABI major 1, minor 0.  C11 or C++11, 64-bit targets.
 *
 * This file is the contract; the Rust types are checked against it.
 *
 * Growth: a struct that starts with `struct_size` may only get new members at its end.  Nothing is
 * ever removed, moved, retyped or given another meaning.  Read a member of the other side only after
 * SEG_HAS; a missing member, a NULL member and "not supported" are the same thing.
 * A minor appends.  A major has a new entry symbol.
 */
#ifndef SEG_PLUGIN_H
#define SEG_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

/* The Arrow C data interface, under its usual guard so that it may meet other copies of itself. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
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
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define SEG_EXPORT __declspec(dllexport)
#else
#define SEG_EXPORT __attribute__((visibility("default")))
#endif

#define SEG_ABI_MAJOR 1u
#define SEG_ABI_MINOR 0u
#define SEG_ABI_VERSION ((SEG_ABI_MAJOR << 16) | SEG_ABI_MINOR)

/* ------------------------------------------------------------------ values (frozen for ever) */

/* Borrowed text (UTF-8) and bytes: readable until the call returns, without a final NUL.
 * ptr may be NULL only if len is 0. */
typedef struct seg_str   { const char*    ptr; uint64_t len; } seg_str;
typedef struct seg_bytes { const uint8_t* ptr; uint64_t len; } seg_bytes;

/* Bytes owned by whoever made them.  The receiver hands in a zeroed struct and calls `release` once
 * if it is not NULL.  `release` sets self->release to NULL, may be called on any thread and after the
 * instance is gone, and never unwinds. */
typedef struct seg_buf {
  const uint8_t* ptr;
  uint64_t len;
  void (*release)(struct seg_buf* self);
  void* private_data;
} seg_buf;

typedef int32_t seg_status;
#define SEG_OK             0
#define SEG_E_PARAMS       1 /* parameters refused; detail `param` is a JSON pointer       */
#define SEG_E_SCHEMA       2 /* the input columns do not fit; detail `column`              */
#define SEG_E_DATA         3 /* a value cannot be processed; detail `column`, `row`        */
#define SEG_E_MODEL        4 /* model or partial bytes unreadable, or of an unknown format */
#define SEG_E_STATE        5 /* the object is not in a state for this call                 */
#define SEG_E_UNSUPPORTED  6 /* not offered by this plugin                                 */
#define SEG_E_RESOURCE     7 /* memory or another budget was refused                       */
#define SEG_E_CANCELLED    8 /* poll said so                                               */
#define SEG_E_TIMEOUT      9 /* the time budget is used up                                 */
#define SEG_E_IO          10
#define SEG_E_INTERNAL    11 /* a mistake of the plugin                                    */
#define SEG_E_PANIC       12 /* panic or exception, caught; the object refuses more calls  */
/* Codes from 1000 belong to the host.  An unknown code is read as SEG_E_INTERNAL. */

/* The host zeroes it, sets struct_size, and releases both buffers after every call. */
typedef struct seg_error {
  uint32_t struct_size;
  seg_status code;     /* the status that is returned                                      */
  seg_buf message;     /* one sentence for a person, UTF-8                                 */
  seg_buf detail_json; /* empty, or an object: param, column, row, hint, location, backtrace, retryable */
} seg_error;

/* ------------------------------------------------------------------ from the host */

#define SEG_LOG_ERROR 1
#define SEG_LOG_WARN  2
#define SEG_LOG_INFO  3
#define SEG_LOG_DEBUG 4
#define SEG_LOG_TRACE 5

/* Lives as long as the process.  Every function may be called from every thread, never unwinds, and
 * never calls into the plugin.  `ctx` is seg_host.ctx, or seg_call.ctx while a call runs. */
typedef struct seg_host {
  uint32_t struct_size;
  uint32_t abi_version;
  uint64_t features;
  void* ctx;
  int32_t (*log_enabled)(void* ctx, int32_t level, seg_str target);
  void (*log)(void* ctx, int32_t level, seg_str target, seg_str message, seg_str fields_json);
  seg_status (*poll)(void* ctx); /* SEG_OK, SEG_E_CANCELLED or SEG_E_TIMEOUT; cheap, call it often */
  seg_status (*mem_reserve)(void* ctx, uint64_t bytes); /* SEG_OK or SEG_E_RESOURCE */
  void (*mem_release)(void* ctx, uint64_t bytes);
  void (*metric)(void* ctx, seg_str name, double value);
} seg_host;

/* One for each call, readable until it returns. */
typedef struct seg_call {
  uint32_t struct_size;
  uint32_t max_threads; /* threads the plugin may keep busy, the calling one included */
  void* ctx;
  uint64_t seed;        /* depends on the run's seed and the criterion, on nothing else */
  uint64_t partition;   /* ordinal of the leaf a fit call works on, UINT64_MAX if there is none */
  uint64_t row_offset;  /* first row of this batch within the leaf */
  uint64_t mem_limit;   /* bytes, 0 if there is no limit */
  uint64_t timeout_ns;  /* time left at the start of the call, 0 if there is no limit */
} seg_call;

/* ------------------------------------------------------------------ from the plugin */

typedef struct seg_instance seg_instance; /* a criterion with parameters and columns; immutable */
typedef struct seg_model seg_model;       /* a loaded model; immutable */
typedef struct seg_fit seg_fit;           /* a partial aggregation; used by one thread at a time */

#define SEG_PLUGIN_CONCURRENT   (UINT64_C(1) << 0) /* immutable objects may be used by many threads at once */
#define SEG_PLUGIN_SERIAL       (UINT64_C(1) << 1) /* one call at a time into the whole library */
#define SEG_PLUGIN_RAW_ARROW    (UINT64_C(1) << 2) /* arrays may have offsets; nothing is copied to remove them */
#define SEG_PLUGIN_PROCESS_ONLY (UINT64_C(1) << 3) /* must not be loaded into the runner's process */
#define SEG_PLUGIN_BLOCKING     (UINT64_C(1) << 4) /* calls may wait for input or output */

#define SEG_FIT_DONE  0u /* `out` holds the model */
#define SEG_FIT_AGAIN 1u /* `out` holds what the next pass over the rows needs */

typedef struct seg_plugin {
  uint32_t struct_size; /* sizeof(seg_plugin) in the plugin's build */
  uint32_t abi_version; /* SEG_ABI_VERSION in the plugin's build */
  uint64_t flags;

  /* The criteria with their parameters, columns and fit properties, as UTF-8 JSON.  Depends on
   * nothing, so two answers are equal. */
  seg_status (*describe)(seg_buf* json, seg_error* err);

  /* Binds a criterion to parameters and columns.  `input` is a struct whose children are the columns
   * bound, in the order of `describe`.  Writes the output struct that `apply` will return.
   * The key "$run" of params_json belongs to the host: {"as_of_us": microseconds since 1970 UTC}. */
  seg_status (*create)(const seg_call* call, seg_str criterion, seg_str params_json,
                       const struct ArrowSchema* input, seg_instance** out,
                       struct ArrowSchema* output, seg_error* err);
  void (*destroy)(seg_instance* self);

  /* Fit.  All set, or all NULL if no criterion is fitted.  An instance outlives its fits. */
  seg_status (*fit_begin)(const seg_instance* self, const seg_call* call, uint32_t pass,
                          seg_bytes carry, seg_fit** out, seg_error* err);
  seg_status (*fit_update)(seg_fit* fit, const seg_call* call, struct ArrowArray* batch,
                           seg_error* err);
  seg_status (*fit_save)(seg_fit* fit, const seg_call* call, seg_buf* partial, seg_error* err);
  seg_status (*fit_merge)(seg_fit* into, const seg_call* call, seg_bytes partial, seg_error* err);
  seg_status (*fit_finish)(seg_fit* fit, const seg_call* call, uint32_t* verdict, seg_buf* out,
                           seg_error* err);
  void (*fit_destroy)(seg_fit* fit);

  /* Model.  All set (model_describe is optional), or all NULL.  The bytes may be hostile. */
  seg_status (*model_load)(const seg_instance* self, const seg_call* call, seg_bytes payload,
                           seg_model** out, seg_error* err);
  seg_status (*model_describe)(const seg_model* model, const seg_call* call, seg_buf* json,
                               seg_error* err);
  void (*model_destroy)(seg_model* model);

  /* One output row for each input row.  `model` is NULL for a criterion that is not fitted.
   * The plugin may take `batch` over (copy the struct, set batch->release to NULL); what still has a
   * release callback afterwards is released by the host.
   * `out` and `out_schema` are written on SEG_OK only, and outlive self and model. */
  seg_status (*apply)(const seg_instance* self, const seg_model* model, const seg_call* call,
                      struct ArrowArray* batch, struct ArrowArray* out,
                      struct ArrowSchema* out_schema, seg_error* err);
  /* Optional, same rules: a struct of one utf8 child called "explain", never null, with one JSON
   * object per row that says why.  A criterion of the library that has none, though others have,
   * answers SEG_E_UNSUPPORTED; "explain" in `describe` says which is which. */
  seg_status (*explain)(const seg_instance* self, const seg_model* model, const seg_call* call,
                        struct ArrowArray* batch, struct ArrowArray* out,
                        struct ArrowSchema* out_schema, seg_error* err);
} seg_plugin;

/* ------------------------------------------------------------------ what a library exports
 *
 * Two symbols, which end in the plugin's name with each `-` written as `_`, so that several plugins
 * can be linked into one program.  For a plugin called "acme-rfm":
 *
 *   extern const seg_abi_note seg_plugin_abi_note_acme_rfm;
 *   const seg_plugin* seg_plugin_entry_v1_acme_rfm(const seg_host* host, seg_error* err);
 */

/* Plain data without pointers: read from the file before any of its code runs. */
typedef struct seg_abi_note {
  char magic[8];        /* "SEGPLUG" and a NUL */
  uint32_t note_size;   /* sizeof(seg_abi_note) */
  uint32_t abi_version; /* the oldest host this library can run on */
  uint64_t flags;       /* as seg_plugin.flags */
  char name[64];        /* [a-z0-9_-], rest NUL */
  char version[32];     /* semantic version of the plugin */
  char target[64];      /* for example "x86_64-unknown-linux-gnu" */
  char sdk[64];         /* what it was built with, for people */
  char cpu[256];        /* processor features it needs, for example "sse3,avx2" */
} seg_abi_note;

typedef const seg_plugin* (*seg_plugin_entry_fn)(const seg_host* host, seg_error* err);

/* Does the other side's struct have this member? */
#define SEG_HAS(p, type, member) \
  ((p)->struct_size >= offsetof(type, member) + sizeof(((type*)0)->member))

#ifdef __cplusplus
}
#endif
#endif /* SEG_PLUGIN_H */
