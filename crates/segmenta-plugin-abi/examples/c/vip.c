/* A criterion in C: customers whose revenue reaches a threshold.
 *
 *   cc -std=c11 -O2 -shared -fPIC -fvisibility=hidden -I ../../include vip.c -o libvip.so
 *
 * It sets no flags, so the runner hands over arrays that start at offset 0 and makes one call at a
 * time.  Nothing here is shared between instances. */
#include "seg_plugin.h"

#include <stdlib.h>
#include <string.h>

#define NAME "vip_c"
#define VERSION "1.0.0"

struct seg_instance {
  double threshold; /* euros */
};

/* ---------------------------------------------------------------- errors and bytes */

/* Constant text needs no release. */
static seg_buf constant(const char* text) {
  seg_buf buf = {(const uint8_t*)text, strlen(text), NULL, NULL};
  return buf;
}

static seg_status fail(seg_error* err, seg_status code, const char* message, const char* detail) {
  err->code = code;
  err->message = constant(message);
  err->detail_json = constant(detail);
  return code;
}

static seg_status no_memory(seg_error* err) {
  return fail(err, SEG_E_RESOURCE, "there is no memory left", "{}");
}

/* ---------------------------------------------------------------- describe */

static const char DESCRIPTION[] =
    "{\"describe_version\": 1,"
    " \"plugin\": {\"name\": \"" NAME "\", \"version\": \"" VERSION "\"},"
    " \"criteria\": [{"
    "  \"name\": \"vip_c\", \"kind\": \"plain\","
    "  \"summary\": \"Customers whose revenue reaches a threshold.\","
    "  \"params\": {\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
    "   \"threshold\": {\"type\": \"number\", \"minimum\": 0, \"default\": 1000,"
    "    \"description\": \"Revenue from which a customer is one, in euros.\"}}},"
    "  \"inputs\": [{\"name\": \"revenue\", \"types\": [\"float64\"], \"nullable\": true,"
    "   \"description\": \"Revenue of twelve months, in euros.\"}],"
    "  \"outputs\": [{\"name\": \"label\", \"type\": \"utf8\", \"nullable\": true}],"
    "  \"rows\": \"independent\", \"repeat\": {\"apply\": \"bitwise\"}, \"explain\": false}]}";

static seg_status describe(seg_buf* json, seg_error* err) {
  (void)err;
  *json = constant(DESCRIPTION);
  return SEG_OK;
}

/* ---------------------------------------------------------------- the output's type */

/* Children are allocated with their parent and freed with it, so they have nothing to release. */
static void release_child_schema(struct ArrowSchema* schema) { schema->release = NULL; }

static void release_schema(struct ArrowSchema* schema) {
  struct ArrowSchema* child = schema->children[0];
  if (child->release != NULL) child->release(child);
  free(schema->private_data);
  schema->release = NULL;
}

struct schema_parts {
  struct ArrowSchema* children[1];
  struct ArrowSchema label;
};

/* A struct of one nullable text column called "label". */
static int write_schema(struct ArrowSchema* out) {
  struct schema_parts* parts = calloc(1, sizeof *parts);
  if (parts == NULL) return 0;
  parts->label.format = "u";
  parts->label.name = "label";
  parts->label.flags = ARROW_FLAG_NULLABLE;
  parts->label.release = release_child_schema;
  parts->children[0] = &parts->label;
  memset(out, 0, sizeof *out);
  out->format = "+s";
  out->name = "";
  out->n_children = 1;
  out->children = parts->children;
  out->release = release_schema;
  out->private_data = parts;
  return 1;
}

/* ---------------------------------------------------------------- create and destroy */

/* The number behind `key`, which the runner checked against the schema and filled in. */
static int number_of(seg_str json, const char* key, double* number) {
  size_t len = strlen(key);
  char text[64];
  for (uint64_t at = 0; at + len < json.len; at++) {
    if (memcmp(json.ptr + at, key, len) != 0) continue;
    uint64_t rest = json.len - at - len;
    size_t kept = rest < sizeof text - 1 ? (size_t)rest : sizeof text - 1;
    memcpy(text, json.ptr + at + len, kept);
    text[kept] = 0;
    char* end = NULL;
    *number = strtod(text, &end);
    return end != text;
  }
  return 0;
}

static seg_status create(const seg_call* call, seg_str criterion, seg_str params_json,
                         const struct ArrowSchema* input, seg_instance** out,
                         struct ArrowSchema* output, seg_error* err) {
  (void)call;
  if (criterion.len != strlen(NAME) || memcmp(criterion.ptr, NAME, criterion.len) != 0) {
    return fail(err, SEG_E_UNSUPPORTED, "there is no such criterion", "{}");
  }
  if (input->n_children != 1 || strcmp(input->children[0]->format, "g") != 0) {
    return fail(err, SEG_E_SCHEMA, "the revenue is no column of real numbers",
                "{\"column\": \"revenue\"}");
  }
  double threshold;
  if (!number_of(params_json, "\"threshold\":", &threshold)) {
    return fail(err, SEG_E_PARAMS, "there is no threshold", "{\"param\": \"/threshold\"}");
  }
  seg_instance* self = malloc(sizeof *self);
  if (self == NULL) return no_memory(err);
  self->threshold = threshold;
  if (!write_schema(output)) {
    free(self);
    return no_memory(err);
  }
  *out = self;
  return SEG_OK;
}

static void destroy(seg_instance* self) { free(self); }

/* ---------------------------------------------------------------- apply */

static void release_child(struct ArrowArray* array) { array->release = NULL; }

static void release_rows(struct ArrowArray* array) {
  struct ArrowArray* child = array->children[0];
  if (child->release != NULL) child->release(child);
  free(array->private_data);
  array->release = NULL;
}

/* Everything of one answer in one block: headers, validity, offsets, then the text. */
struct rows_parts {
  struct ArrowArray* children[1];
  struct ArrowArray label;
  const void* struct_buffers[1];
  const void* label_buffers[3];
};

static int is_valid(const struct ArrowArray* column, int64_t row) {
  const uint8_t* validity = column->buffers[0];
  return validity == NULL || (validity[row / 8] >> (row % 8) & 1);
}

static struct rows_parts* new_rows(int64_t rows, uint8_t** validity, int32_t** offsets, char** text) {
  size_t bits = (size_t)(rows + 7) / 8 + 8;
  size_t places = ((size_t)rows + 1) * sizeof(int32_t);
  size_t start = (sizeof(struct rows_parts) + 63) / 64 * 64;
  bits = (bits + 63) / 64 * 64;
  places = (places + 63) / 64 * 64;
  struct rows_parts* parts = calloc(1, start + bits + places + (size_t)rows * 3 + 1);
  if (parts == NULL) return NULL;
  *validity = (uint8_t*)parts + start;
  *offsets = (int32_t*)(void*)(*validity + bits);
  *text = (char*)*offsets + places;
  parts->label_buffers[0] = *validity;
  parts->label_buffers[1] = *offsets;
  parts->label_buffers[2] = *text;
  return parts;
}

static void give(struct rows_parts* parts, int64_t rows, int64_t nulls, struct ArrowArray* out) {
  parts->label.length = rows;
  parts->label.null_count = nulls;
  parts->label.n_buffers = 3;
  parts->label.buffers = parts->label_buffers;
  parts->label.release = release_child;
  parts->children[0] = &parts->label;
  memset(out, 0, sizeof *out);
  out->length = rows;
  out->n_buffers = 1;
  out->buffers = parts->struct_buffers;
  out->n_children = 1;
  out->children = parts->children;
  out->release = release_rows;
  out->private_data = parts;
}

/* "yes", "no", or null where there is no revenue.  The batch stays the runner's. */
static seg_status apply(const seg_instance* self, const seg_model* model, const seg_call* call,
                        struct ArrowArray* batch, struct ArrowArray* out,
                        struct ArrowSchema* out_schema, seg_error* err) {
  (void)model;
  (void)call;
  const struct ArrowArray* revenue = batch->children[0];
  const double* values = revenue->buffers[1];
  int64_t rows = batch->length, nulls = 0;
  if (rows > INT32_MAX / 3) return fail(err, SEG_E_RESOURCE, "the batch is too large", "{}");
  uint8_t* validity;
  int32_t* offsets;
  char* text;
  struct rows_parts* parts = new_rows(rows, &validity, &offsets, &text);
  if (parts == NULL) return no_memory(err);
  int32_t end = 0;
  for (int64_t row = 0; row < rows; row++) {
    if (is_valid(revenue, row)) {
      const char* label = values[row] >= self->threshold ? "yes" : "no";
      int32_t len = (int32_t)strlen(label);
      memcpy(text + end, label, (size_t)len);
      end += len;
      validity[row / 8] |= (uint8_t)(1 << (row % 8));
    } else {
      nulls++;
    }
    offsets[row + 1] = end;
  }
  if (!write_schema(out_schema)) {
    free(parts);
    return no_memory(err);
  }
  give(parts, rows, nulls, out);
  return SEG_OK;
}

/* ---------------------------------------------------------------- what the library exports */

static const seg_plugin TABLE = {
    .struct_size = sizeof(seg_plugin),
    .abi_version = SEG_ABI_VERSION,
    .describe = describe,
    .create = create,
    .destroy = destroy,
    .apply = apply,
};

SEG_EXPORT extern const seg_abi_note seg_plugin_abi_note_vip_c;
const seg_abi_note seg_plugin_abi_note_vip_c = {
    .magic = "SEGPLUG",
    .note_size = sizeof(seg_abi_note),
    .abi_version = (1u << 16) | 0u, /* nothing here is newer than ABI 1.0 */
    .name = NAME,
    .version = VERSION,
#if defined(__x86_64__)
    .target = "x86_64-unknown-linux-gnu",
#elif defined(__aarch64__)
    .target = "aarch64-unknown-linux-gnu",
#endif
    .sdk = "C",
};

SEG_EXPORT const seg_plugin* seg_plugin_entry_v1_vip_c(const seg_host* host, seg_error* err);
const seg_plugin* seg_plugin_entry_v1_vip_c(const seg_host* host, seg_error* err) {
  (void)host;
  (void)err;
  return &TABLE;
}
