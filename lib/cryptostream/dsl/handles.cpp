#include <cryptostream/dsl/handles.h>

namespace cryptostream {

HandlePlace::HandlePlace() = default;
HandlePlace::HandlePlace(const HandlePlace&) = default;
HandlePlace::HandlePlace(HandlePlace&&) noexcept = default;
HandlePlace& HandlePlace::operator=(const HandlePlace&) = default;
HandlePlace& HandlePlace::operator=(HandlePlace&&) noexcept = default;
HandlePlace::~HandlePlace() = default;

void HandlePlace::set_source(const std::string& source) { sources = {source}; }

SharedRepartition no_repartition_yet() { return std::make_shared<std::optional<std::size_t>>(); }

StreamPlace::StreamPlace() = default;
StreamPlace::StreamPlace(const StreamPlace&) = default;
StreamPlace::StreamPlace(StreamPlace&&) noexcept = default;
StreamPlace& StreamPlace::operator=(const StreamPlace&) = default;
StreamPlace& StreamPlace::operator=(StreamPlace&&) noexcept = default;
StreamPlace::~StreamPlace() = default;

void StreamPlace::move_behind(std::size_t repartition_node, const std::string& source) {
  node = repartition_node;
  name = source;
  set_source(source);
  repartition = false;
  key_untouched = true;
  renew();
}

}  // namespace cryptostream
