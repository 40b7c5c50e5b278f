#include <cryptostream/dsl/grouped_stream.h>

namespace cryptostream {

AggregationPlace::AggregationPlace(BuilderState& state, std::string_view prefix, bool burns,
                                   const std::string& materialized, const std::string& named)
    : queryable(materialized) {
  state.expect_open();
  if (queryable.empty() && burns) state.next_store_name(prefix);
  store = queryable.empty() ? state.next_store_name(prefix) : queryable;
  node = state.name_or_next(named, prefix);
}

AggregationPlace::AggregationPlace(BuilderState& state, std::string_view prefix, const std::string& materialized)
    : queryable(materialized) {
  state.expect_open();
  node = store = queryable.empty() ? state.next_store_name(prefix) : queryable;
}

}  // namespace cryptostream
