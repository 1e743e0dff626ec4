// Which code a run goes on with, when the application has been deployed anew since it began.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "units/workflows/ports.h"
#include "units/workflows/store/rows.h"

namespace trivium::units::workflows {

enum class CodeChoice : uint8_t {
  newest,    // the application's
  recorded,  // that which the run is on, from the store
  trial,     // the newest, if it fits the history
  unknown,   // the application has none, and no other is recorded
};

// `newest`: the application's code of the run's type; null: it has none.
CodeChoice choose_code(const RunRow& run, const WorkflowCode* newest);
// What a run that stays on recorded code does not go over to, and for people why; of automatic runs the
// difference that was found.
struct Stay {
  std::string refused_hash;
  std::string reason;
};
Stay why_recorded(const RunRow& run, const WorkflowCode* newest);

CodeText text_of(const WorkflowCode& code);
// The beginning of a hash, for people.
std::string short_hash(const std::string& hash);

// Code of earlier deployments, compiled: that used longest ago is forgotten. Thread-safe.
class CodeCache {
 public:
  using Ref = std::shared_ptr<const WorkflowCode>;

  // Null: not here.
  Ref find(const std::string& hash);
  void add(Ref code);

 private:
  static constexpr size_t most = 64;

  std::mutex mutex_;
  std::list<Ref> codes_;  // used last first
};

}  // namespace trivium::units::workflows
