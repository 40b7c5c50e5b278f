#include <cryptostream/graph/stream_join_nodes.h>

namespace cryptostream {

Result<WindowStore*> find_window_store(TaskContext& context, const std::string& name) {
  CRYPTOSTREAM_TRY_ASSIGN(auto* found, context.store(name));
  if (auto* store = dynamic_cast<WindowStore*>(found)) return store;
  return fail(ErrorKind::internal, "store " + name + " keeps no windows");
}

}  // namespace cryptostream
