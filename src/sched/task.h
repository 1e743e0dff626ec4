// A callable that is called at most once, moved but never copied. Small captures (three pointers) live
// inside; larger ones cost one allocation.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace trivium::sched {

class Task {
 public:
  Task() = default;
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, Task> && std::is_invocable_v<std::decay_t<F>&>)
      Task(F&& function) {
    using Function = std::decay_t<F>;
    if constexpr (fits<Function>) {
      std::construct_at(reinterpret_cast<Function*>(storage_), std::forward<F>(function));
      operations_ = &inline_operations<Function>;
    } else {
      using Box = std::unique_ptr<Function>;
      std::construct_at(reinterpret_cast<Box*>(storage_),
                        std::make_unique<Function>(std::forward<F>(function)));
      operations_ = &boxed_operations<Function>;
    }
  }
  Task(Task&& other) noexcept { take(other); }
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~Task() { reset(); }

  explicit operator bool() const { return operations_ != nullptr; }
  // Must not be empty.
  void operator()() { operations_->call(storage_); }
  // Destroys the captures.
  void reset() noexcept {
    if (const Operations* operations = std::exchange(operations_, nullptr)) operations->destroy(storage_);
  }

 private:
  static constexpr size_t capacity = 3 * sizeof(void*);
  template <class Function>
  static constexpr bool fits =
      sizeof(Function) <= capacity &&
      alignof(Function) <= alignof(void*) && std::is_nothrow_move_constructible_v<Function>;

  struct Operations {
    void (*call)(void*);
    void (*move)(void* to, void* from) noexcept;  // leaves nothing behind in `from`
    void (*destroy)(void*) noexcept;
  };
  template <class Stored>
  static void relocate(void* to, void* from) noexcept {
    auto* source = static_cast<Stored*>(from);
    std::construct_at(static_cast<Stored*>(to), std::move(*source));
    std::destroy_at(source);
  }
  template <class Stored>
  static void destroy(void* stored) noexcept {
    std::destroy_at(static_cast<Stored*>(stored));
  }
  template <class Function>
  static constexpr Operations inline_operations = {[](void* stored) { (*static_cast<Function*>(stored))(); },
                                                   relocate<Function>, destroy<Function>};
  template <class Function>
  static constexpr Operations boxed_operations = {
      [](void* stored) { (**static_cast<std::unique_ptr<Function>*>(stored))(); },
      relocate<std::unique_ptr<Function>>, destroy<std::unique_ptr<Function>>};

  void take(Task& other) noexcept {
    operations_ = std::exchange(other.operations_, nullptr);
    if (operations_ != nullptr) operations_->move(storage_, other.storage_);
  }

  const Operations* operations_ = nullptr;
  alignas(void*) std::byte storage_[capacity];
};

}  // namespace trivium::sched
