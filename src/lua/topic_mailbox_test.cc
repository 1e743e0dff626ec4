#include "lua/topic_mailbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

#include "lua/channel.h"

namespace trivium::lua {
namespace {

Message message(const std::string& topic, int64_t content) {
  Message made{topic, "", {}};
  append(made.values, Value(content));
  return made;
}

int64_t content(const Message& message) { return first_value(message.values).as_int(); }

TEST(TopicMailbox, TheInboxGetsWhatNobodyClaims) {
  TopicMailbox mailbox;
  Subscription& inbox = mailbox.open_inbox({});
  for (int64_t i = 0; i < 6; ++i) mailbox.keep(message(i % 2 == 0 ? "even" : "odd", i));
  mailbox.keep(message("@x", 7));
  Subscription& even = mailbox.subscribe("even", {});
  EXPECT_EQ(content(*mailbox.take_for(inbox)), 1);
  EXPECT_EQ(content(*mailbox.take_for(even)), 0);
  mailbox.unsubscribe(even);
  for (const int64_t next : {2, 3, 4, 5}) EXPECT_EQ(content(*mailbox.take_for(inbox)), next);
  EXPECT_FALSE(mailbox.take_for(inbox));
  EXPECT_EQ(mailbox.size(), 1u);
}

TEST(TopicMailbox, RuntimeTopicsGoWithTheirSubscription) {
  TopicMailbox mailbox;
  Subscription& bus = mailbox.subscribe("@bus", {});
  Subscription& events = mailbox.subscribe(topic::events, {});
  mailbox.keep(message("@bus", 1));
  mailbox.keep(message(std::string(topic::events), 2));
  mailbox.unsubscribe(bus);
  mailbox.unsubscribe(events);
  const std::vector<Message> left = mailbox.take_all();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(content(left[0]), 2);
}

TEST(TopicMailbox, FindsEveryTopicOfEverySubscription) {
  TopicMailbox mailbox;
  std::vector<Subscription*> made;
  for (int i = 0; i < 7; ++i) {
    const std::string topic = "t" + std::to_string(i);
    made.push_back(&mailbox.subscribe(topic, {}));
    mailbox.add_topic(*made.back(), topic + "'");
    for (int k = 0; k <= i; ++k) {
      EXPECT_EQ(mailbox.find("t" + std::to_string(k)), made[k]);
      EXPECT_EQ(mailbox.find("t" + std::to_string(k) + "'"), made[k]);
    }
  }
  for (const int gone : {3, 0, 6, 1}) {
    mailbox.unsubscribe(*std::exchange(made[gone], nullptr));
    for (int k = 0; k < 7; ++k) {
      EXPECT_EQ(mailbox.find("t" + std::to_string(k)), made[k]);
      EXPECT_EQ(mailbox.find("t" + std::to_string(k) + "'"), made[k]);
    }
  }
}

TEST(TopicMailbox, ManySubscriptionsMayEndTogether) {
  TopicMailbox mailbox;
  for (int i = 0; i < 200'000; ++i) mailbox.subscribe(std::to_string(i), {});
  EXPECT_TRUE(mailbox.has_subscriptions());
  mailbox.clear();
  EXPECT_FALSE(mailbox.has_subscriptions());
}

TEST(TopicMailbox, AWaitingMessageCanBeReplaced) {
  TopicMailbox mailbox;
  mailbox.keep(message("a", 1));
  mailbox.keep(message("a", 2));
  EXPECT_FALSE(mailbox.replace("b", message("b", 1).values, message("b", 3).values));
  EXPECT_FALSE(mailbox.replace("a", message("a", 3).values, message("a", 3).values));
  EXPECT_TRUE(mailbox.replace("a", message("a", 1).values, message("a", 3).values));
  const std::vector<Message> all = mailbox.take_all();
  EXPECT_EQ(content(all[0]), 3);
  EXPECT_EQ(content(all[1]), 2);
}

// The same without queues: whoever takes looks at the messages one by one.
struct Model {
  struct Kept {
    std::string topic;
    int64_t content;
  };
  std::vector<Kept> messages;
  std::map<std::string, int> owner;  // of a topic: which subscription
  bool inbox = false;

  bool is_for(const Kept& kept, int subscription) const {
    const auto at = owner.find(kept.topic);
    if (at != owner.end()) return at->second == subscription;
    return subscription == 0 && inbox && kept.topic[0] != '@';
  }
  std::optional<int64_t> take(int subscription) {
    const auto at = std::find_if(messages.begin(), messages.end(),
                                 [&](const Kept& kept) { return is_for(kept, subscription); });
    if (at == messages.end()) return std::nullopt;
    const int64_t taken = at->content;
    messages.erase(at);
    return taken;
  }
};

TEST(TopicMailbox, GivesWhatALinearSearchWouldGive) {
  const std::vector<std::string> topics = {"", "a", "b", "c", "@x", std::string(topic::events)};
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    TopicMailbox mailbox;
    Model model;
    std::map<int, Subscription*> subscriptions;  // 0: the inbox
    int next_subscription = 1;
    int64_t next_content = 0;
    for (int step = 0; step < 300; ++step) {
      const std::string& topic = topics[random() % topics.size()];
      const bool is_free = !topic.empty() && model.owner.count(topic) == 0;
      switch (random() % 8) {
        case 0:
          if (is_free) {
            subscriptions[next_subscription] = &mailbox.subscribe(topic, {});
            model.owner[topic] = next_subscription++;
          }
          break;
        case 1:
          if (!model.inbox) {
            subscriptions[0] = &mailbox.open_inbox({});
            model.inbox = true;
          } else if (is_free && subscriptions.size() > 1) {
            const auto last = subscriptions.rbegin();
            mailbox.add_topic(*last->second, topic);
            model.owner[topic] = last->first;
          }
          break;
        case 2:
          if (!subscriptions.empty() && random() % 2 == 0) {
            const auto chosen = std::next(subscriptions.begin(),
                                          static_cast<std::ptrdiff_t>(random() % subscriptions.size()));
            mailbox.unsubscribe(*chosen->second);
            if (chosen->first == 0) model.inbox = false;
            std::erase_if(model.messages, [&](const Model::Kept& kept) {
              return kept.topic == "@x" && model.is_for(kept, chosen->first);
            });
            std::erase_if(model.owner, [&](const auto& owner) { return owner.second == chosen->first; });
            subscriptions.erase(chosen);
          }
          break;
        case 3:
        case 4:
        case 5:
          mailbox.keep(message(topic, next_content));
          model.messages.push_back({topic, next_content++});
          break;
        default:
          for (const auto& [number, subscription] : subscriptions) {
            const bool any = mailbox.first_for(*subscription) != TopicMailbox::none;
            const std::optional<Message> taken = mailbox.take_for(*subscription);
            const std::optional<int64_t> expected = model.take(number);
            ASSERT_EQ(taken.has_value(), expected.has_value()) << "seed " << seed << " step " << step;
            ASSERT_EQ(any, expected.has_value()) << "seed " << seed << " step " << step;
            ASSERT_EQ(taken ? content(*taken) : -1, expected.value_or(-1)) << "seed " << seed;
          }
      }
      ASSERT_EQ(mailbox.size(), model.messages.size()) << "seed " << seed << " step " << step;
    }
    const std::vector<Message> rest = mailbox.take_all();
    ASSERT_EQ(rest.size(), model.messages.size());
    for (size_t i = 0; i < rest.size(); ++i) ASSERT_EQ(content(rest[i]), model.messages[i].content);
  }
}

}  // namespace
}  // namespace trivium::lua
