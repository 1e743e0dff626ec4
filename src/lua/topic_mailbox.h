// The messages of an isolate that nobody has taken, and which channel is to get them. Routing is decided when
// a message is taken, not when it comes: a channel opened later still gets earlier messages. Taking costs the
// same however many other messages wait: each topic has a queue, and the inbox knows the oldest of those that
// no channel claims.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/fetch.h"
#include "lua/message.h"

namespace trivium::lua {

class Channel;

// A channel that is fed from the mailbox: with the messages of its topics or, for the inbox, with all that no
// other claims.
struct Subscription {
  // Where its messages are until somebody receives.
  enum class Feed {
    on_receive,  // in the mailbox
    buffered,    // in the channel, as far as it has room
  };

  Channel* channel = nullptr;
  bool as_message = false;  // Message objects instead of raw values
  Feed feed = Feed::on_receive;
  size_t readable = 0;  // fed on receive: so many messages stay readable when it ends

  std::string topic = {};                                      // the inbox: none
  std::unique_ptr<std::vector<std::string>> more_topics = {};  // besides
  std::unique_ptr<Subscription> next = {};                     // kept by the mailbox
};

// Plain data structure, not thread-safe. References to subscriptions hold until unsubscribe or clear.
class TopicMailbox {
 public:
  TopicMailbox() = default;
  ~TopicMailbox() { clear(); }
  TopicMailbox(const TopicMailbox&) = delete;
  TopicMailbox& operator=(const TopicMailbox&) = delete;

  // Whether messages of the topic never go to the inbox.
  static bool is_runtime_topic(std::string_view topic) { return topic.starts_with('@'); }

  Subscription* inbox() const { return inbox_.get(); }
  // The subscription of exactly this topic.
  Subscription* find(std::string_view topic) const;
  // Who would get a message of this topic now.
  Subscription* target_of(std::string_view topic) const;
  bool has_subscriptions() const { return inbox_ != nullptr || claims_ != nullptr; }
  template <class Visit>
  void each_subscription(Visit visit) const {
    if (inbox_) visit(*inbox_);
    for (const Subscription* claim = claims_.get(); claim != nullptr; claim = claim->next.get())
      visit(*claim);
  }

  // There must be none yet.
  Subscription& open_inbox(Subscription subscription);
  // The topic must be free.
  Subscription& subscribe(std::string_view topic, Subscription subscription);
  // One more topic, which must be free, for a subscription that is not the inbox.
  void add_topic(Subscription& subscription, std::string_view topic);
  // Its messages are for others from now on; those of a runtime topic are dropped, process events excepted.
  void unsubscribe(Subscription& subscription);

  void keep(Message message);
  // Messages are numbered in the order they came.
  static constexpr uint64_t none = static_cast<uint64_t>(-1);
  // Number of the oldest message for the subscription, or none.
  uint64_t first_for(const Subscription& subscription);
  std::optional<Message> take_for(const Subscription& subscription);
  // Puts `fresh` in the place of the message of this topic with exactly these values. False: there is none.
  bool replace(std::string_view topic, const Values& old, const Values& fresh);

  size_t size() const { return size_; }
  // All messages, oldest first.
  std::vector<Message> take_all();
  // No subscriptions and no messages.
  void clear();

  // Asks for what a message that comes soon will be compared with (core/fetch.h).
  void fetch_ahead() const noexcept { fetch(claims_ ? claims_.get() : inbox_.get(), sizeof(Subscription)); }

 private:
  struct Waiting {
    uint64_t number;
    Message message;
  };
  struct Topic {
    Subscription* claimed_by = nullptr;
    std::list<Waiting> messages;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Topics = std::unordered_map<std::string, Topic, Hash, std::equal_to<>>;

  void claim(Subscription& subscription, std::string_view topic);
  void release(const std::string& topic);
  Message take_first(Topics::iterator topic);
  // The topic whose first message is the oldest for the subscription, or end().
  Topics::iterator first_topic(const Subscription& subscription);
  static bool for_inbox(const Topics::value_type& topic) {
    return topic.second.claimed_by == nullptr && !is_runtime_topic(topic.first);
  }

  // What an isolate that only ever waits at its inbox does without.
  struct Kept {
    Topics topics;  // those that are claimed or have messages
    // What the inbox gets: unclaimed topics by the number of their first message.
    std::map<uint64_t, std::string_view> unclaimed;
    uint64_t next_number = 0;
  };
  Kept& kept() {
    if (!kept_) kept_ = std::make_unique<Kept>();
    return *kept_;
  }

  std::unique_ptr<Subscription> inbox_;
  std::unique_ptr<Subscription> claims_;  // all others, the newest first
  uint32_t claim_count_ = 0;
  size_t size_ = 0;  // messages
  std::unique_ptr<Kept> kept_;
};

}  // namespace trivium::lua
