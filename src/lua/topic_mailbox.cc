#include "lua/topic_mailbox.h"

#include <algorithm>
#include <utility>

namespace trivium::lua {
namespace {

bool contains(const std::vector<std::string>* texts, std::string_view text) {
  return texts != nullptr && std::find(texts->begin(), texts->end(), text) != texts->end();
}

template <class Visit>
void each_topic(const Subscription& subscription, Visit visit) {
  visit(subscription.topic);
  if (!subscription.more_topics) return;
  for (const std::string& topic : *subscription.more_topics) visit(topic);
}

}  // namespace

Subscription* TopicMailbox::find(std::string_view topic) const {
  // A few are compared faster than hashed.
  if (claim_count_ <= 4) {
    for (Subscription* claim = claims_.get(); claim != nullptr; claim = claim->next.get()) {
      if (claim->topic == topic || contains(claim->more_topics.get(), topic)) return claim;
    }
    return nullptr;
  }
  const auto at = kept_->topics.find(topic);
  return at == kept_->topics.end() ? nullptr : at->second.claimed_by;
}

Subscription* TopicMailbox::target_of(std::string_view topic) const {
  if (Subscription* exact = find(topic)) return exact;
  return is_runtime_topic(topic) ? nullptr : inbox_.get();
}

Subscription& TopicMailbox::open_inbox(Subscription subscription) {
  inbox_ = std::make_unique<Subscription>(std::move(subscription));
  return *inbox_;
}

Subscription& TopicMailbox::subscribe(std::string_view topic, Subscription subscription) {
  subscription.next = std::move(claims_);
  claims_ = std::make_unique<Subscription>(std::move(subscription));
  claims_->topic = topic;
  ++claim_count_;
  claim(*claims_, topic);
  return *claims_;
}

void TopicMailbox::add_topic(Subscription& subscription, std::string_view topic) {
  if (!subscription.more_topics) subscription.more_topics = std::make_unique<std::vector<std::string>>();
  subscription.more_topics->emplace_back(topic);
  claim(subscription, topic);
}

void TopicMailbox::claim(Subscription& subscription, std::string_view topic) {
  const auto at = kept().topics.try_emplace(std::string(topic)).first;
  if (for_inbox(*at) && !at->second.messages.empty())
    kept_->unclaimed.erase(at->second.messages.front().number);
  at->second.claimed_by = &subscription;
}

void TopicMailbox::unsubscribe(Subscription& subscription) {
  if (&subscription == inbox_.get()) {
    inbox_.reset();
    return;
  }
  each_topic(subscription, [this](const std::string& topic) { release(topic); });
  std::unique_ptr<Subscription>* at = &claims_;
  while (at->get() != &subscription) at = &(*at)->next;
  *at = std::move(subscription.next);
  --claim_count_;
}

void TopicMailbox::release(const std::string& topic) {
  const auto at = kept_->topics.find(topic);
  at->second.claimed_by = nullptr;
  std::list<Waiting>& messages = at->second.messages;
  if (is_runtime_topic(topic) && topic != topic::events) {
    size_ -= messages.size();
    messages.clear();
  }
  if (messages.empty()) {
    kept_->topics.erase(at);
  } else if (for_inbox(*at)) {
    kept_->unclaimed.emplace(messages.front().number, at->first);
  }
}

void TopicMailbox::keep(Message message) {
  Kept& kept = this->kept();
  auto at = kept.topics.find(std::string_view(message.topic));
  if (at == kept.topics.end()) at = kept.topics.try_emplace(message.topic).first;
  const uint64_t number = kept.next_number++;
  if (at->second.messages.empty() && for_inbox(*at))
    kept.unclaimed.emplace_hint(kept.unclaimed.end(), number, at->first);
  at->second.messages.push_back({number, std::move(message)});
  ++size_;
}

TopicMailbox::Topics::iterator TopicMailbox::first_topic(const Subscription& subscription) {
  if (&subscription == inbox_.get()) {
    return kept_->unclaimed.empty() ? kept_->topics.end()
                                    : kept_->topics.find(kept_->unclaimed.begin()->second);
  }
  auto first = kept_->topics.end();
  each_topic(subscription, [&](const std::string& topic) {
    const auto at = kept_->topics.find(topic);
    if (at->second.messages.empty()) return;
    if (first == kept_->topics.end() ||
        at->second.messages.front().number < first->second.messages.front().number) {
      first = at;
    }
  });
  return first;
}

uint64_t TopicMailbox::first_for(const Subscription& subscription) {
  if (size() == 0) return none;
  const auto first = first_topic(subscription);
  return first == kept_->topics.end() ? none : first->second.messages.front().number;
}

std::optional<Message> TopicMailbox::take_for(const Subscription& subscription) {
  if (size() == 0) return std::nullopt;
  const auto first = first_topic(subscription);
  if (first == kept_->topics.end()) return std::nullopt;
  return take_first(first);
}

Message TopicMailbox::take_first(Topics::iterator topic) {
  std::list<Waiting>& messages = topic->second.messages;
  const uint64_t number = messages.front().number;
  Message message = std::move(messages.front().message);
  messages.pop_front();
  --size_;
  if (for_inbox(*topic)) {
    // The next message of the topic takes its place among the first ones, in the same node.
    auto place = kept_->unclaimed.extract(number);
    if (!messages.empty()) {
      place.key() = messages.front().number;
      kept_->unclaimed.insert(std::move(place));
    }
  }
  if (messages.empty() && topic->second.claimed_by == nullptr) kept_->topics.erase(topic);
  return message;
}

bool TopicMailbox::replace(std::string_view topic, const Values& old, const Values& fresh) {
  if (!kept_) return false;
  const auto at = kept_->topics.find(topic);
  if (at == kept_->topics.end()) return false;
  for (Waiting& waiting : at->second.messages) {
    if (waiting.message.values.bytes != old.bytes) continue;
    waiting.message.values = fresh;
    return true;
  }
  return false;
}

std::vector<Message> TopicMailbox::take_all() {
  if (!kept_) return {};
  std::list<Waiting> all;
  const auto older = [](const Waiting& a, const Waiting& b) { return a.number < b.number; };
  for (auto& [name, topic] : kept_->topics) all.splice(all.end(), topic.messages);
  all.sort(older);
  std::vector<Message> messages;
  messages.reserve(all.size());
  for (Waiting& waiting : all) messages.push_back(std::move(waiting.message));
  kept_->unclaimed.clear();
  std::erase_if(kept_->topics, [](const auto& topic) { return topic.second.claimed_by == nullptr; });
  size_ = 0;
  return messages;
}

void TopicMailbox::clear() {
  inbox_.reset();
  // One by one: their destructors would call each other.
  while (claims_) claims_ = std::move(claims_->next);
  claim_count_ = 0;
  size_ = 0;
  kept_.reset();
}

}  // namespace trivium::lua
