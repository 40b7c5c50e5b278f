#include <cryptostream/monitor/report.h>

#include <algorithm>

namespace cryptostream {

std::vector<InputLag> input_lags(const ApplicationReport& application) {
  std::vector<InputLag> lags;
  for (const auto& [name, task] : application.metrics->tasks.all()) {
    if (!task->described || task->state == TaskMetrics::State::closed) continue;
    for (const auto& [key, input] : task->inputs.all()) {  // "<topic>/<partition>"
      auto slash = key.rfind('/');
      auto topic = key.substr(0, slash);
      auto partition = static_cast<std::int32_t>(std::stoi(std::string(key.substr(slash + 1))));
      auto position = input->position.load();
      auto end = application.ends.find({std::string(topic), partition});
      if (position < 0 || end == application.ends.end()) continue;
      auto behind = input->caught_up ? std::int64_t{0} : std::max<std::int64_t>(0, end->second - position);
      lags.push_back({name, topic, partition, behind});
    }
  }
  return lags;
}

}  // namespace cryptostream
