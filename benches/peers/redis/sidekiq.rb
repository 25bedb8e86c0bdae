# Measures sidekiq, whose jobs are in Redis. Its command line is that of the peers in Rust: `list`, or `MEASURE SETTING URI`.

require "json"
require "sidekiq"
require "sidekiq/launcher"

CALLERS = [1, 8, 64, 512]
WARM_UP = 0.3
SPAN = 1.5
TASKS = 20_000
WORKERS = 10
AT_MOST = 60

RAN = Hash.new(0)
LOCK = Mutex.new
CHANGED = ConditionVariable.new

class Noop
  include Sidekiq::Worker

  def perform(number, _text)
    LOCK.synchronize do
      RAN[number] += 1
      CHANGED.signal if RAN.size == $goal
    end
  end
end

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

def connect(uri, size)
  Sidekiq.logger.level = Logger::WARN
  # The client for Redis would print a line about each command.
  Redis.silence_deprecations = true
  Redis.sadd_returns_boolean = false
  Sidekiq.redis = {url: uri, size: size}
end

# Threads that each insert a job, wait for the answer and repeat. Returns the rate.
def produce(callers, span)
  began = now
  inserted = Array.new(callers) do |caller|
    Thread.new do
      count = 0
      while now < began + span
        Noop.perform_async(caller * 1_000_000 + count, "some words so")
        count += 1
      end
      count
    end
  end.sum(&:value)
  inserted / (now - began)
end

def insert(uri)
  CALLERS.map do |callers|
    # As its documentation says: a connection for each thread.
    connect(uri, callers)
    produce(callers, WARM_UP)
    ["#{callers} #{callers == 1 ? "caller" : "callers"} tasks/s", produce(callers, SPAN)]
  end
end

def drain(uri, tasks)
  connect(uri, WORKERS + 5)
  (0...tasks).each_slice(1_000) do |numbers|
    Sidekiq::Client.push_bulk("class" => Noop, "args" => numbers.map { |number| [number, "some words so"] })
  end
  $goal = tasks
  launcher = Sidekiq::Launcher.new(Sidekiq.options.merge(queues: ["default"], concurrency: WORKERS))
  began = now
  launcher.run
  LOCK.synchronize do
    CHANGED.wait(LOCK, 1) while RAN.size < tasks && now < began + AT_MOST
  end
  took = now - began
  [["tasks/s", RAN.size / took], ["tasks", RAN.size], ["run twice", RAN.values.sum - RAN.size]]
end

def settings
  text = "sidekiq #{Sidekiq::VERSION} on Ruby #{RUBY_VERSION}, #{WORKERS} threads, without its log"
  [["not durable", "#{text}, Redis as installed"], ["appendfsync always", "#{text}, Redis writes each command to its disk"]]
    .map { |name, about| {name: name, text: about, measures: ["drain", "long-drain", "insert"]} }
end

measure, _setting, uri = ARGV
case measure
when "list" then puts({name: "sidekiq (Redis)", version: Sidekiq::VERSION, settings: settings}.to_json)
when "insert" then puts({figures: insert(uri), notes: []}.to_json)
when "drain" then puts({figures: drain(uri, TASKS), notes: []}.to_json)
when "long-drain" then puts({figures: drain(uri, TASKS * 10), notes: []}.to_json)
else abort("usage: list | MEASURE SETTING URI")
end
$stdout.flush
# Its threads may sleep.
exit!(0)
