// What flows behind a table: for each key the new value and, where somebody needs it, the old one.
#pragma once

namespace cryptostream {

/// An update of a table, borrowed like the record that carries it. Null: absent.
template <class V>
struct Change {
  const V* now = nullptr;
  const V* before = nullptr;
  /// False only behind versioned tables, for an update older than the key's latest version.
  bool latest = true;
};

}  // namespace cryptostream
