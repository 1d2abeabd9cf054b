// A fitted criterion in C++: whether a customer's value is above the mean of all customers.
//
//   c++ -std=c++17 -O2 -shared -fPIC -fvisibility=hidden -I ../../include above_mean.cpp -o libabove_mean.so
//
// No exception leaves a callback: `guarded` turns each into an error.  Instances and models do not
// change after they are made, so threads may share them.
#include "seg_plugin.h"

#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#define NAME "above_mean"
#define VERSION "1.0.0"

struct seg_instance {};

namespace {

// ------------------------------------------------------------------ errors and bytes

// Something that is not right with what was handed in, and the status that says so.
struct Refused : std::runtime_error {
  Refused(seg_status code, const char* message) : std::runtime_error(message), code(code) {}
  seg_status code;
};

// Hands `bytes` out; they are freed when the receiver calls `release`.
seg_buf given(std::string bytes) {
  auto* owner = new std::string(std::move(bytes));
  seg_buf buf{};
  buf.ptr = reinterpret_cast<const uint8_t*>(owner->data());
  buf.len = owner->size();
  buf.private_data = owner;
  buf.release = [](seg_buf* self) {
    delete static_cast<std::string*>(self->private_data);
    self->release = nullptr;
  };
  return buf;
}

seg_status fail(seg_error* err, seg_status code, const char* message) noexcept {
  err->code = code;
  try {
    err->message = given(message);
  } catch (...) {
    // Without memory for a sentence the code has to do.
  }
  return code;
}

template <class Work>
seg_status guarded(seg_error* err, Work work) noexcept {
  try {
    work();
    return SEG_OK;
  } catch (const Refused& refused) {
    return fail(err, refused.code, refused.what());
  } catch (const std::bad_alloc&) {
    return fail(err, SEG_E_RESOURCE, "there is no memory left");
  } catch (const std::exception& exception) {
    return fail(err, SEG_E_PANIC, exception.what());
  } catch (...) {
    return fail(err, SEG_E_PANIC, "an exception that is no std::exception");
  }
}

// ------------------------------------------------------------------ partial and model

// What is known of the rows: the same bytes on every machine of one byte order.
struct Sum {
  double sum = 0;
  uint64_t rows = 0;
};

std::string stored(const Sum& sum) {
  std::string bytes(sizeof sum.sum + sizeof sum.rows, '\0');
  std::memcpy(bytes.data(), &sum.sum, sizeof sum.sum);
  std::memcpy(bytes.data() + sizeof sum.sum, &sum.rows, sizeof sum.rows);
  return bytes;
}

// The bytes may be hostile.
Sum read(seg_bytes bytes) {
  Sum sum;
  if (bytes.len != sizeof sum.sum + sizeof sum.rows) {
    throw Refused(SEG_E_MODEL, "the bytes are not as long as a sum and a count");
  }
  std::memcpy(&sum.sum, bytes.ptr, sizeof sum.sum);
  std::memcpy(&sum.rows, bytes.ptr + sizeof sum.sum, sizeof sum.rows);
  if (!std::isfinite(sum.sum)) throw Refused(SEG_E_MODEL, "the sum is not finite");
  return sum;
}

}  // namespace

struct seg_fit {
  Sum sum;
  bool finished = false;
};

struct seg_model {
  double mean;
};

namespace {

// ------------------------------------------------------------------ describe, create, destroy

const char DESCRIPTION[] = R"({
  "describe_version": 1,
  "plugin": {"name": ")" NAME R"(", "version": ")" VERSION R"("},
  "criteria": [{
    "name": "above_mean",
    "summary": "Whether a value is above the mean of all customers.",
    "kind": "fitted",
    "params": {"type": "object", "additionalProperties": false},
    "inputs": [{"name": "value", "types": ["float64"], "nullable": true, "description": "What is compared."}],
    "outputs": [{"name": "label", "type": "utf8", "nullable": true}],
    "rows": "independent",
    "fit": {"max_passes": 1, "merge": "ordered", "model_format": 1, "reads_formats": [1], "source": "main"},
    "repeat": {"apply": "bitwise", "fit": "bitwise"},
    "explain": false
  }]
})";

seg_status describe(seg_buf* json, seg_error* err) noexcept {
  return guarded(err, [&] { *json = given(DESCRIPTION); });
}

struct Schema {
  ArrowSchema label{};
  std::array<ArrowSchema*, 1> children{&label};
};

// A struct of one nullable text column called "label".
void write_schema(ArrowSchema* out) {
  auto parts = std::make_unique<Schema>();
  parts->label.format = "u";
  parts->label.name = "label";
  parts->label.flags = ARROW_FLAG_NULLABLE;
  parts->label.release = [](ArrowSchema* self) { self->release = nullptr; };
  *out = ArrowSchema{};
  out->format = "+s";
  out->name = "";
  out->n_children = 1;
  out->children = parts->children.data();
  out->private_data = parts.release();
  out->release = [](ArrowSchema* self) {
    ArrowSchema* child = self->children[0];
    if (child->release != nullptr) child->release(child);
    delete static_cast<Schema*>(self->private_data);
    self->release = nullptr;
  };
}

seg_status create(const seg_call*, seg_str criterion, seg_str, const ArrowSchema* input, seg_instance** out,
                  ArrowSchema* output, seg_error* err) noexcept {
  return guarded(err, [&] {
    if (std::string(criterion.ptr, criterion.len) != NAME) {
      throw Refused(SEG_E_UNSUPPORTED, "there is no such criterion");
    }
    if (input->n_children != 1 || std::strcmp(input->children[0]->format, "g") != 0) {
      throw Refused(SEG_E_SCHEMA, "the value is no column of real numbers");
    }
    auto instance = std::make_unique<seg_instance>();
    write_schema(output);
    *out = instance.release();
  });
}

void destroy(seg_instance* self) noexcept { delete self; }

// ------------------------------------------------------------------ fit

// Calls `work` with each row's value, or with null if there is none that is finite.
template <class Work>
void for_each(const ArrowArray& column, Work work) {
  const auto* validity = static_cast<const uint8_t*>(column.buffers[0]);
  const auto* values = static_cast<const double*>(column.buffers[1]);
  for (int64_t row = 0; row < column.length; row++) {
    bool valid = validity == nullptr || (validity[row / 8] >> (row % 8) & 1);
    work(valid && std::isfinite(values[row]) ? &values[row] : nullptr);
  }
}

seg_status fit_begin(const seg_instance*, const seg_call*, uint32_t, seg_bytes, seg_fit** out,
                     seg_error* err) noexcept {
  return guarded(err, [&] { *out = new seg_fit; });
}

Sum& open(seg_fit* fit) {
  if (fit->finished) throw Refused(SEG_E_STATE, "the fit is finished");
  return fit->sum;
}

seg_status fit_update(seg_fit* fit, const seg_call*, ArrowArray* batch, seg_error* err) noexcept {
  return guarded(err, [&] {
    Sum& sum = open(fit);
    for_each(*batch->children[0], [&](const double* value) {
      if (value == nullptr) return;
      sum.sum += *value;
      sum.rows += 1;
    });
  });
}

seg_status fit_save(seg_fit* fit, const seg_call*, seg_buf* partial, seg_error* err) noexcept {
  return guarded(err, [&] { *partial = given(stored(open(fit))); });
}

seg_status fit_merge(seg_fit* into, const seg_call*, seg_bytes partial, seg_error* err) noexcept {
  return guarded(err, [&] {
    Sum& sum = open(into);
    Sum other = read(partial);
    sum.sum += other.sum;
    sum.rows += other.rows;
  });
}

seg_status fit_finish(seg_fit* fit, const seg_call*, uint32_t* verdict, seg_buf* out, seg_error* err) noexcept {
  return guarded(err, [&] {
    Sum& sum = open(fit);
    if (sum.rows == 0) throw Refused(SEG_E_DATA, "there are no values");
    *out = given(stored(sum));
    *verdict = SEG_FIT_DONE;
    fit->finished = true;
  });
}

void fit_destroy(seg_fit* fit) noexcept { delete fit; }

// ------------------------------------------------------------------ model

seg_status model_load(const seg_instance*, const seg_call*, seg_bytes payload, seg_model** out,
                      seg_error* err) noexcept {
  return guarded(err, [&] {
    Sum sum = read(payload);
    if (sum.rows == 0) throw Refused(SEG_E_MODEL, "the model has seen no values");
    *out = new seg_model{sum.sum / static_cast<double>(sum.rows)};
  });
}

seg_status model_describe(const seg_model* model, const seg_call*, seg_buf* json, seg_error* err) noexcept {
  return guarded(err, [&] { *json = given("{\"mean\": " + std::to_string(model->mean) + "}"); });
}

void model_destroy(seg_model* model) noexcept { delete model; }

// ------------------------------------------------------------------ apply

struct Rows {
  std::string text;
  std::vector<int32_t> offsets{0};
  std::vector<uint8_t> validity;
  ArrowArray label{};
  std::array<ArrowArray*, 1> children{&label};
  std::array<const void*, 1> struct_buffers{nullptr};
  std::array<const void*, 3> label_buffers{};

  void add(const char* word) {
    size_t row = offsets.size() - 1;
    if (row % 8 == 0) validity.push_back(0);
    if (word == nullptr) {
      label.null_count += 1;
    } else {
      validity.back() |= static_cast<uint8_t>(1 << (row % 8));
      text += word;
    }
    offsets.push_back(static_cast<int32_t>(text.size()));
  }
};

void write_rows(std::unique_ptr<Rows> rows, int64_t length, ArrowArray* out) {
  rows->label_buffers = {rows->validity.data(), rows->offsets.data(), rows->text.data()};
  rows->label.length = length;
  rows->label.n_buffers = 3;
  rows->label.buffers = rows->label_buffers.data();
  rows->label.release = [](ArrowArray* self) { self->release = nullptr; };
  *out = ArrowArray{};
  out->length = length;
  out->n_buffers = 1;
  out->buffers = rows->struct_buffers.data();
  out->n_children = 1;
  out->children = rows->children.data();
  out->private_data = rows.release();
  out->release = [](ArrowArray* self) {
    ArrowArray* child = self->children[0];
    if (child->release != nullptr) child->release(child);
    delete static_cast<Rows*>(self->private_data);
    self->release = nullptr;
  };
}

seg_status apply(const seg_instance*, const seg_model* model, const seg_call*, ArrowArray* batch, ArrowArray* out,
                 ArrowSchema* out_schema, seg_error* err) noexcept {
  return guarded(err, [&] {
    if (model == nullptr) throw Refused(SEG_E_STATE, "there is no model");
    auto rows = std::make_unique<Rows>();
    for_each(*batch->children[0], [&](const double* value) {
      rows->add(value == nullptr ? nullptr : *value > model->mean ? "above" : "below");
    });
    // What has to be allocated is, before anything is written: an error leaves both places empty.
    rows->validity.resize(rows->validity.size() + 8);
    write_schema(out_schema);
    write_rows(std::move(rows), batch->length, out);
  });
}

const seg_plugin TABLE = {
    sizeof(seg_plugin), SEG_ABI_VERSION, SEG_PLUGIN_CONCURRENT,
    describe,           create,          destroy,
    fit_begin,          fit_update,      fit_save,
    fit_merge,          fit_finish,      fit_destroy,
    model_load,         model_describe,  model_destroy,
    apply,              nullptr,
};

#if defined(__x86_64__)
#define TARGET "x86_64-unknown-linux-gnu"
#elif defined(__aarch64__)
#define TARGET "aarch64-unknown-linux-gnu"
#endif

}  // namespace

// ------------------------------------------------------------------ what the library exports

extern "C" {

// 1 << 16 is ABI 1.0: nothing here is newer.
SEG_EXPORT extern const seg_abi_note seg_plugin_abi_note_above_mean;
const seg_abi_note seg_plugin_abi_note_above_mean = {
    "SEGPLUG", sizeof(seg_abi_note), 1u << 16, SEG_PLUGIN_CONCURRENT, NAME, VERSION, TARGET, "C++", "",
};

SEG_EXPORT const seg_plugin* seg_plugin_entry_v1_above_mean(const seg_host*, seg_error*) { return &TABLE; }
}
