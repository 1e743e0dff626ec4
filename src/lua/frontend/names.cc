#include "lua/frontend/names.h"

#include <array>

#include "lua/frontend/token.h"

namespace trivium::lua {

namespace {

struct WordText {
  std::string_view text;
  Word word;
};

constexpr std::array kWords = {
    WordText{"type", Word::kType},
    WordText{"interface", Word::kInterface},
    WordText{"as", Word::kAs},
    WordText{"asserts", Word::kAsserts},
    WordText{"readonly", Word::kReadonly},
    WordText{"typeof", Word::kTypeof},
    WordText{"keyof", Word::kKeyof},
    WordText{"extends", Word::kExtends},
    WordText{"fun", Word::kFun},
    WordText{"export", Word::kExport},
    WordText{"require", Word::kRequire},
    WordText{"boolean", Word::kPrimitive},
    WordText{"number", Word::kPrimitive},
    WordText{"integer", Word::kPrimitive},
    WordText{"string", Word::kPrimitive},
    WordText{"any", Word::kPrimitive},
    WordText{"unknown", Word::kPrimitive},
    WordText{"never", Word::kPrimitive},
    WordText{"kind", Word::kReflection},
    WordText{"name", Word::kReflection},
    WordText{"elem", Word::kReflection},
    WordText{"key", Word::kReflection},
    WordText{"val", Word::kReflection},
    WordText{"inner", Word::kReflection},
    WordText{"ret", Word::kReflection},
    WordText{"fields", Word::kReflection},
    WordText{"variants", Word::kReflection},
    WordText{"params", Word::kReflection},
    WordText{"tparams", Word::kReflection},
    WordText{"is", Word::kIs},
};

}  // namespace

Names::Names(Arena& arena) : arena_(arena), slots_(512) {
  for (int i = static_cast<int>(Tok::kAnd); i <= static_cast<int>(Tok::kWhile); ++i) {
    add(token_text(static_cast<Tok>(i)))->keyword = static_cast<uint8_t>(i);
  }
  for (const WordText& word : kWords) add(word.text)->word = static_cast<uint8_t>(word.word);
}

uint32_t Names::hash_of(std::string_view text) {
  uint32_t hash = kHashSeed;
  for (char c : text) hash = hash_step(hash, c);
  return hash;
}

Name* Names::intern(std::string_view text, uint32_t hash) {
  if (count_ * 2 >= slots_.size()) grow();
  const size_t mask = slots_.size() - 1;
  size_t i = hash & mask;
  while (slots_[i].name != nullptr) {
    if (slots_[i].hash == hash && slots_[i].name->text == text) return slots_[i].name;
    i = (i + 1) & mask;
  }
  ++count_;
  slots_[i] = {hash, arena_.make<Name>(text)};
  return slots_[i].name;
}

const Name* Names::find(std::string_view text) const {
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash_of(text) & mask; slots_[i].name != nullptr; i = (i + 1) & mask) {
    if (slots_[i].name->text == text) return slots_[i].name;
  }
  return nullptr;
}

void Names::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.name == nullptr) continue;
    size_t i = slot.hash & mask;
    while (slots_[i].name != nullptr) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

}  // namespace trivium::lua
