#include "template/supervise_sink.hpp"

#include <drcon/options.hpp>

#include <unistd.h>

#include <exception>
#include <utility>

namespace drcon::templates {
namespace {

const drcon_process* process_of(const context& host) {
  const auto* found = static_cast<const drcon_process*>(host.host()->ability(host.instance(), DRCON_PROCESS));
  if (found == nullptr)
    throw config_error("/supervise",
                       "needs the sink to run within drcon's own process, whose child the program is: leave out "
                       "isolation = \"process\" of this sink");
  return found;
}

}  // namespace

program_of_sink::program_of_sink(context host, supervise_settings settings)
    : host_(host),
      settings_(std::move(settings)),
      process_(process_of(host)),
      claim_(std::string(host.name()), settings_.program) {}

program_of_sink::~program_of_sink() { at_stop_.reset(); }

void program_of_sink::begin(const std::stop_token& stop) {
  if (has_begun_) return;
  const int news = process_->keep(host_.instance(), settings_.kill_timeout.count());
  if (news < 0) return;  // load() says so, and it is tried again
  has_begun_ = true;
  auto taken = claim_.take();
  has_loaded_ = taken != nullptr;
  if (!taken) taken = std::make_shared<supervisor>(settings_);
  const auto host = host_;
  taken->attach(
      {.news = news,
       .ended =
           [host, process = process_](const child_end& how, bool by_itself, const std::string& why) {
             process->ended(host.instance(), how.code, by_itself ? 1 : 0, c_string(why));
           },
       .log = [host](const std::string& line) { host.info(line); },
       .started = [host] { host.count("program_starts_total", "Times the program of supervise was started."); },
       .signalled =
           [host] { host.count("program_signals_total", "Times the program of supervise got its reload_signal."); }},
      settings_);
  {
    const std::lock_guard lock(mutex_);
    supervisor_ = std::move(taken);
  }
  at_stop_.emplace(stop, [this] { leave(); });
}

std::string program_of_sink::load(bool have_changed, const std::stop_token& stop) {
  begin(stop);
  std::shared_ptr<supervisor> program;
  {
    const std::lock_guard lock(mutex_);
    program = supervisor_;
  }
  if (!program)
    return has_begun_ ? "the sink is stopping" : "the program cannot be kept: drcon has no descriptor left for it";
  if (have_changed || !std::exchange(has_loaded_, true)) program->note_change();
  return program->catch_up(stop);
}

std::string program_of_sink::text() const {
  const std::lock_guard lock(mutex_);
  return supervisor_ ? supervisor_->text() : std::string();
}

// Within the stop of the sink, which waits for it. An exception may not leave it: the supervisor's destructor then
// kills the program.
void program_of_sink::leave() noexcept {
  try {
    std::shared_ptr<supervisor> program;
    {
      const std::lock_guard lock(mutex_);
      program = std::move(supervisor_);
    }
    if (program && !leave_to_next(std::string(host_.name()), settings_.program, program)) program->end();
  } catch (const std::exception& error) {
    host_.error(std::string("the program could not be ended in order: ") + error.what());
  }
}

}  // namespace drcon::templates
