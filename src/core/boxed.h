// An optional value on the heap: one word wide while it is not there. For what is large and rare, such as the
// error in a result that usually has none.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace trivium {

// A value type like std::optional; copies copy the value.
template <class T>
class Boxed {
 public:
  Boxed() = default;
  Boxed(std::nullopt_t) {}
  Boxed(T value) : box_(std::make_unique<T>(std::move(value))) {}
  Boxed(std::optional<T> value) : box_(value ? std::make_unique<T>(std::move(*value)) : nullptr) {}
  Boxed(const Boxed& other) : box_(other.box_ ? std::make_unique<T>(*other.box_) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(Boxed other) noexcept {
    box_.swap(other.box_);
    return *this;
  }
  ~Boxed() = default;

  bool has_value() const { return box_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  // Only while there is a value.
  T& operator*() { return *box_; }
  const T& operator*() const { return *box_; }
  T* operator->() { return box_.get(); }
  const T* operator->() const { return box_.get(); }
  void reset() { box_.reset(); }
  operator std::optional<T>() const& { return box_ ? std::optional<T>(*box_) : std::nullopt; }
  operator std::optional<T>() && { return box_ ? std::optional<T>(std::move(*box_)) : std::nullopt; }

 private:
  std::unique_ptr<T> box_;
};

}  // namespace trivium
