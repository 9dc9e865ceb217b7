#include "template/supervise_sink.hpp"

#include <drcon/options.hpp>

#include <unistd.h>

#include <exception>
#include <utility>

namespace drcon::templates {
namespace {

const drcon_process* process_of(const context& host) {
  const auto* found = host.ability<drcon_process>(DRCON_PROCESS);
  if (found == nullptr)
    throw config_error("/supervise",
                       "needs the sink to run within drcon's own process, whose child the program is: leave out "
                       "isolation = \"process\" of this sink");
  return found;
}

// The descriptor of process_->keep, until the supervisor has it.
class kept_descriptor {
public:
  explicit kept_descriptor(int file) : file_(file) {}
  ~kept_descriptor() {
    if (file_ >= 0) ::close(file_);
  }
  kept_descriptor(const kept_descriptor&) = delete;
  kept_descriptor& operator=(const kept_descriptor&) = delete;
  int get() const { return file_; }
  void release() { file_ = -1; }

private:
  int file_;
};

}  // namespace

program_of_sink::program_of_sink(context host, supervise_settings settings)
    : host_(host),
      settings_(std::move(settings)),
      process_(process_of(host)),
      claim_(std::string(host.name()), settings_.program) {}

// The supervisor is here still where begin() could not go through, so that no stop is waited for.
program_of_sink::~program_of_sink() {
  at_stop_.reset();
  leave();
}

void program_of_sink::begin(const std::stop_token& stop) {
  if (has_begun_) return;
  kept_descriptor news(process_->keep(host_.instance(), settings_.kill_timeout.count()));
  if (news.get() < 0) return;    // load() says so, and it is tried again
  auto program = known_.lock();  // of an earlier try
  if (!program) {
    program = claim_.take();
    if (!program) program = std::make_shared<supervisor>(settings_);
    known_ = program;
    const std::lock_guard lock(mutex_);
    supervisor_ = program;
  }
  const auto host = host_;
  program->attach(
      {.news = news.get(),
       .ended =
           [host, process = process_](const child_end& how, bool by_itself, const std::string& why) {
             process->ended(host.instance(), how.code, by_itself ? 1 : 0, c_string(why));
           },
       .log = [host](const std::string& line) { host.info(line); },
       .started = [host] { host.count("program_starts_total", "Times the program of supervise was started."); },
       .signalled =
           [host] { host.count("program_signals_total", "Times the program of supervise got its reload_signal."); }},
      settings_);
  news.release();
  at_stop_.emplace(stop, [this] { leave(); });
  has_begun_ = true;  // last: what has failed above is tried again
}

void program_of_sink::note_change() {
  const auto program = known_.lock();
  if (!program) owes_change_ = true;
  else if (program->has_been_asked()) program->note_change();
}

std::string program_of_sink::load(const std::stop_token& stop) {
  begin(stop);
  std::shared_ptr<supervisor> program;
  {
    const std::lock_guard lock(mutex_);
    program = supervisor_;
  }
  if (!program)
    return has_begun_ ? "the sink is stopping" : "the program cannot be kept: drcon has no descriptor left for it";
  if (std::exchange(owes_change_, false) || !program->has_been_asked()) program->note_change();
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
