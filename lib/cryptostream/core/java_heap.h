// A binary heap that sifts as java.util.PriorityQueue does, so that equal items come in the order they have on the JVM.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace cryptostream {

/// Adds an item. `before(a, b)`: a comes earlier than b.
template <class Item, class Before>
void java_heap_offer(std::vector<Item>& heap, Item item, const Before& before) {
  auto at = heap.size();
  heap.emplace_back();
  while (at > 0) {
    auto parent = (at - 1) / 2;
    if (!before(item, heap[parent])) break;
    heap[at] = std::move(heap[parent]);
    at = parent;
  }
  heap[at] = std::move(item);
}

/// Takes the first item out. There must be one.
template <class Item, class Before>
Item java_heap_poll(std::vector<Item>& heap, const Before& before) {
  auto last = std::move(heap.back());
  heap.pop_back();
  if (heap.empty()) return last;
  auto first = std::exchange(heap.front(), Item());
  std::size_t at = 0;
  while (at < heap.size() / 2) {
    auto child = 2 * at + 1;
    if (child + 1 < heap.size() && before(heap[child + 1], heap[child])) ++child;
    if (!before(heap[child], last)) break;
    heap[at] = std::move(heap[child]);
    at = child;
  }
  heap[at] = std::move(last);
  return first;
}

}  // namespace cryptostream
