#include <cryptostream/graph/node.h>

namespace cryptostream {

tl::unexpected<Error> Node::refuse(Place place, std::string_view what) const {
  context_->note_failure(place, *name_);
  return fail(ErrorKind::bad_record, *name_ + ": " + std::string(what));
}

}  // namespace cryptostream
