// A place in a ByteTable that is found again, by key, after the table has changed.
#include <cryptostream/state/table_cursor.h>

namespace cryptostream {

const ByteTable::Entry* TableCursor::peek(const std::string* last) {
  auto version = table_.index().version();
  if (!sought_ || version_ != version) {
    position_ = seek(last);
    sought_ = true;
    version_ = version;
  } else if (position_ && last && table_.at(*position_).key() == *last) {
    position_ = step(*position_);
  }
  if (!position_) return nullptr;
  const auto& entry = table_.at(*position_);
  bool inside = direction_ == Direction::forward ? !to_ || entry.key() < *to_ : !from_ || entry.key() >= *from_;
  return inside ? &entry : nullptr;
}

std::optional<KeyIndex::Position> TableCursor::seek(const std::string* last) const {
  const auto& index = table_.index();
  if (direction_ == Direction::backward) {
    const auto* bound = last ? last : to_ ? &*to_ : nullptr;
    return index.before(bound ? index.lower_bound(*bound) : index.end());
  }
  const auto* bound = last ? last : from_ ? &*from_ : nullptr;
  auto position = bound ? index.lower_bound(*bound) : index.begin();
  if (position == index.end()) return std::nullopt;
  if (last && table_.at(position).key() == *last) return step(position);
  return position;
}

std::optional<KeyIndex::Position> TableCursor::step(KeyIndex::Position position) const {
  const auto& index = table_.index();
  if (direction_ == Direction::backward) return index.before(position);
  auto next = index.after(position);
  return next == index.end() ? std::nullopt : std::optional(next);
}

}  // namespace cryptostream
