// The JavaScript class Dataset: data copied into native memory once, shared by the populations that use it.
#pragma once

#include <napi.h>

#include "addon/arguments/arguments.h"
#include "addon/type_tag.h"
#include "core/dataset.h"

namespace eigenstudent {

class DatasetObject : public Napi::ObjectWrap<DatasetObject> {
 public:
  static Napi::Function define(Napi::Env env);

  /// new Dataset(spec: NativeDatasetSpec). Arrays of either float kind are converted to the dtype of the set.
  explicit DatasetObject(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

  const DatasetPtr& data() const { return data_; }

  static constexpr napi_type_tag tag = dataset_tag;

 private:
  DatasetPtr data_;
  std::int64_t bytes_ = 0;  // as reported to the garbage collector
};

/// The data of a Dataset; any other object is refused, even one with its prototype.
DatasetPtr read_dataset(const Argument& argument);
/// The same, with null for no data.
DatasetPtr read_dataset_or_null(const Argument& argument);

}  // namespace eigenstudent
