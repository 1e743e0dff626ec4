// What a process takes out of its mailbox, and what it tells the event bus and the log.
#include <algorithm>

#include "units/node.h"
#include "units/process.h"
#include "units/process_timer.h"

namespace trivium::units {
namespace {

// Room for so many is kept from one run to the next, and not what a flood took.
constexpr size_t most_kept = 64;

}  // namespace

void Process::take_mail() {
  if (extras_) {
    for (Envelope& envelope : std::exchange(extras_->left, {})) take(envelope);
  }
  mailbox_.drain(mail_);
  for (Envelope& envelope : mail_) take(envelope);
  mail_.clear();
  if (mail_.capacity() > most_kept) mail_ = {};
}

bool Process::deliver_all(lua::Isolate&) {
  if (looking_) take_mail();
  return !killed_;
}

// In the middle of a slice nothing happens to the process itself: that waits, with all that came later.
void Process::poll(lua::Isolate&) {
  if (extras_ && !extras_->left.empty()) return;
  mailbox_.drain(mail_);
  auto at = mail_.begin();
  for (; at != mail_.end(); ++at) {
    if (!std::holds_alternative<lua::Message>(*at) && !std::holds_alternative<ReplyEnvelope>(*at)) break;
    take(*at);
  }
  if (at != mail_.end())
    extras().left.assign(std::make_move_iterator(at), std::make_move_iterator(mail_.end()));
  mail_.clear();
}

void Process::take(Envelope& envelope) {
  if (auto* message = std::get_if<lua::Message>(&envelope)) {
    if (begun_) isolate_->deliver(std::move(*message));
  } else if (auto* reply = std::get_if<ReplyEnvelope>(&envelope)) {
    const lua::OpId op = reply->op;
    if (extras_) {
      std::erase_if(extras_->timers, [op](const auto& timer) { return timer->finished(op); });
      std::erase_if(extras_->at_end, [op](const auto& action) { return action.first == op; });
    }
    isolate_->complete(reply->op, std::move(reply->reply));
  } else if (auto* down = std::get_if<LinkDown>(&envelope)) {
    take(*down);
  } else if (auto* kill = std::get_if<Kill>(&envelope)) {
    if (!killed_) killed_ = std::move(kill->error);
  } else if (auto* deferred = std::get_if<Deferred>(&envelope)) {
    deferred->action(*this);
  }
}

// For those who watch the runtime: what processes there are.
void Process::publish_life(std::string_view kind, const Error* error) {
  if (!node_.events().wanted()) return;
  Object data{{"entry", entry()}, {"host", host_id()}};
  if (error != nullptr) data.set("error", error->message);
  node_.events().publish("process", kind, pid_text(), std::move(data));
}

// One line for a failure that nobody else hears of, or that is not the code's own doing.
void Process::report(const Exit& exit, const Relations& relations) {
  if (!exit.error) return;
  const auto lives = [](const auto& process) { return !process->ended(); };
  const bool watched = spec_.on_exit || spec_.at_once != nullptr ||
                       std::any_of(relations.watchers.begin(), relations.watchers.end(), lives) ||
                       std::any_of(relations.links.begin(), relations.links.end(), [&](const auto& partner) {
                         return lives(partner) && partner->trap_links();
                       });
  const bool wanted = kill_requested_.load(std::memory_order_relaxed) || exit.error->kind == kind::canceled;
  const bool out_of_memory = isolate_ && isolate_->out_of_memory();
  if (out_of_memory || !(watched || wanted)) node_.report_failed(*this, *exit.error);
}

}  // namespace trivium::units
