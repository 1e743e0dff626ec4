// How a run gets rid of an update that its code refused: no trace of it stays, in the history or in memory.
#include <utility>

#include "units/workflows/core.h"
#include "units/workflows/run.h"

namespace trivium::units::workflows {
namespace {

bool is_update(const Event& event) { return event.type == EventType::update_admitted; }

}  // namespace

std::vector<UpdateRequest> Run::updates_in_task() const {
  std::vector<UpdateRequest> updates;
  for (const Waiting& taken : in_task_) {
    for (const Event& event : taken.events) {
      if (!is_update(event)) continue;
      updates.push_back(update_of_admitted(event.attributes));
      updates.back().order = static_cast<int64_t>(updates.size()) - 1;
    }
  }
  return updates;
}

// What the code did besides was done by code that had seen it: it is done again without.
void Run::refuse(UpdateAnswer refused) {
  give_back();
  phase_ = Phase::committing;
  auto refusal = std::make_shared<UpdateRefusal>();
  refusal->run_id = run_id_;
  refusal->fence = row_.fence;
  for (const Waiting& waiting : waiting_) {
    for (const Event& event : waiting.events) {
      if (is_update(event) && text_at(event.attributes, "update_id") == refused.update_id) {
        refusal->inbound = waiting.inbound;
      }
    }
  }
  refusal->answer = std::move(refused);
  core_->transact(
      [refusal](Tables& tables, ScriptContext& context) { return refuse_update(tables, *refusal, context); },
      [refusal, run = sched::Ref<Run>(this)](Result<> outcome) {
        run->post([run = run.get(), refusal, outcome = std::move(outcome)] {
          run->refusal_done(outcome, *refusal);
        });
      },
      {run_id_});
}

void Run::refusal_done(const Result<>& outcome, const UpdateRefusal& refusal) {
  if (ended_) return close();
  if (!outcome) return pause(std::chrono::seconds(1));
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    return waiting.inbound != 0 && waiting.inbound == refusal.inbound;
  });
  phase_ = Phase::idle;
}

}  // namespace trivium::units::workflows
