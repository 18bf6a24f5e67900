#include "campaign_director/common_director_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign_director/zone_director_machine.h"

namespace everdial {
namespace {

const Incarnation kOne{"one"}, kTwo{"two"};

JobSeen job(int64_t id, JobState state, std::optional<Incarnation> allotted = kOne) {
  return {JobId{id}, "default", state, std::nullopt, false, std::move(allotted)};
}
std::vector<Session> managers(std::initializer_list<Incarnation> living) {
  std::vector<Session> out;
  for (const auto& i : living) out.push_back(Session{i, ServerName{"as"}, "campaign_manager"});
  return out;
}
std::vector<DirectorEffect> look(std::vector<JobSeen> jobs, std::vector<Session> living = managers({kOne})) {
  CommonDirectorMachine machine;
  return machine.step(WorldSeen{.jobs = std::move(jobs), .managers = std::move(living)}, Instant{});
}
template <class E>
std::vector<E> of(const std::vector<DirectorEffect>& effects) {
  std::vector<E> out;
  for (const auto& effect : effects)
    if (const E* e = std::get_if<E>(&effect)) out.push_back(*e);
  return out;
}
std::optional<JobState> next(JobState from, std::optional<JobRequest> request, bool drained) {
  JobSeen seen = job(1, from);
  seen.requested = request;
  seen.drained = drained;
  const auto saves = of<SaveJobState>(look({seen}));
  return saves.empty() ? std::nullopt : std::optional(saves[0].to);
}

TEST(CommonDirector, C_01_starts_a_queued_job_and_gives_it_to_the_least_busy_manager) {
  const auto effects = look({job(1, JobState::running, kOne), job(2, JobState::queued, std::nullopt)}, managers({kOne, kTwo}));
  ASSERT_EQ(of<SaveJobState>(effects).size(), 1u);
  EXPECT_EQ(of<SaveJobState>(effects)[0].to, JobState::filtering);
  ASSERT_EQ(of<AllotJob>(effects).size(), 1u);
  EXPECT_EQ(of<AllotJob>(effects)[0].manager, kTwo);
}

TEST(CommonDirector, M_04_gives_the_jobs_of_a_manager_that_is_gone_to_those_that_live) {
  const auto allots = of<AllotJob>(look({job(1, JobState::running, kOne), job(2, JobState::running, kOne), job(3, JobState::running, kTwo)},
                                        managers({kTwo, Incarnation{"three"}})));
  ASSERT_EQ(allots.size(), 2u);
  for (const auto& allot : allots) EXPECT_NE(allot.manager, kOne);
}

TEST(CommonDirector, M_08_leaves_jobs_running_when_no_manager_lives) { EXPECT_TRUE(look({job(1, JobState::running, kOne)}, {}).empty()); }

TEST(CommonDirector, M_07_leaves_a_job_where_it_is_when_its_former_manager_returns) {
  EXPECT_TRUE(of<AllotJob>(look({job(1, JobState::running, kTwo)}, managers({kOne, kTwo}))).empty());
}

TEST(CommonDirector, takes_each_job_through_its_life_cycle) {
  using enum JobState;
  struct Row {
    JobState from;
    std::optional<JobRequest> request;
    bool drained;
    std::optional<JobState> to;
  };
  const auto pause = JobRequest::pause, resume = JobRequest::resume, stop = JobRequest::stop;
  const std::vector<Row> table{
      {queued, {}, false, filtering},     {filtering, {}, false, {}},
      {filtering, pause, false, pausing}, {running, {}, false, {}},
      {running, {}, true, completed},     {running, pause, false, pausing},
      {running, stop, false, stopping},   {running, resume, false, {}},
      {pausing, {}, true, paused},        {pausing, resume, false, filtering},
      {pausing, stop, true, stopping},    {paused, resume, false, filtering},
      {paused, stop, false, stopping},    {paused, {}, true, {}},
      {stopping, {}, true, stopped},      {stopping, resume, false, {}},
      {queued, stop, false, stopped},     {queued, pause, false, paused},
  };
  for (const Row& row : table)
    EXPECT_EQ(next(row.from, row.request, row.drained), row.to) << to_string(row.from) << " drained " << row.drained;
}

TEST(CommonDirector, clears_a_request_that_means_nothing_in_the_state_the_job_is_in) {
  JobSeen seen = job(1, JobState::running);
  seen.requested = JobRequest::resume;
  EXPECT_EQ(of<ClearRequest>(look({seen})).size(), 1u);
}

TEST(CommonDirector, takes_an_ended_job_from_its_manager) {
  const auto allots = of<AllotJob>(look({job(1, JobState::completed)}));
  ASSERT_EQ(allots.size(), 1u);
  EXPECT_FALSE(allots[0].manager);
}

const Instant kBegan = Instant{} + 1000h;

/// A job with finish criteria as the record shows it, and what is made of it.
struct FinishBench {
  CommonDirectorMachine machine;
  JobSeen seen = job(1, JobState::running);
  Instant now = Instant{} + 1h, at = kBegan;

  explicit FinishBench(Finish finish) { seen.criteria = JobSeen::Criteria{.finish = std::move(finish), .began = kBegan}; }
  std::vector<DirectorEffect> look(Duration later = 100ms) {
    now += later;
    at += later;
    return machine.step(WorldSeen{.jobs = {seen}, .managers = managers({kOne}), .at = at}, now);
  }
};

TEST(CommonDirector, C_11_ends_a_job_when_its_goal_is_reached_or_its_time_is_up) {
  FinishBench goal({.goal = Goal{10, GoalOf::attempts, {CompletionCode::answer_human}}});
  goal.seen.criteria->reached = 9;
  EXPECT_TRUE(of<SaveJobState>(goal.look()).empty());
  goal.seen.criteria->reached = 10;
  for (const JobState state : {JobState::filtering, JobState::running, JobState::pausing, JobState::paused}) {
    goal.seen.state = state;
    const auto saves = of<SaveJobState>(goal.look());
    ASSERT_EQ(saves.size(), 1u);
    EXPECT_EQ(saves[0].to, JobState::stopping);
    EXPECT_EQ(saves[0].reason, FinishReason::goal);
  }
  goal.seen.state = JobState::stopping;
  goal.seen.finish_reason = FinishReason::goal;
  EXPECT_TRUE(goal.look().empty()) << "calls in the air go on to their end";
  goal.seen.drained = true;
  EXPECT_EQ(of<SaveJobState>(goal.look()).at(0).to, JobState::completed);

  FinishBench time({.after = 1h});
  EXPECT_TRUE(of<SaveJobState>(time.look(59min)).empty());
  EXPECT_EQ(of<SaveJobState>(time.look(1min)).at(0).reason, FinishReason::time);
}

TEST(CommonDirector, says_why_a_job_ended) {
  JobSeen seen = job(1, JobState::running);
  seen.drained = true;
  EXPECT_EQ(of<SaveJobState>(look({seen})).at(0).reason, FinishReason::exhausted);
  seen.requested = JobRequest::stop;
  EXPECT_EQ(of<SaveJobState>(look({seen})).at(0).reason, FinishReason::stopped);
}

TEST(CommonDirector, C_11_allows_no_more_claims_than_the_goal_lacks) {
  FinishBench bench({.goal = Goal{10, GoalOf::attempts, {}}});
  auto granted = [&] {
    const auto grants = of<GrantAllowance>(bench.look());
    return grants.empty() ? std::nullopt : grants[0].allowance.claims;
  };
  EXPECT_EQ(granted(), 10);
  bench.seen.criteria->allowed_claims = 10;
  EXPECT_EQ(granted(), std::nullopt) << "nothing has changed";
  bench.seen.criteria->claimed = 10;
  bench.seen.criteria->in_flight = 4;
  bench.seen.criteria->reached = 3;
  EXPECT_EQ(granted(), 13) << "7 are lacking, 4 of them may be in the air";
  bench.seen.criteria->allowed_claims = 13;
  bench.seen.criteria->in_flight = 9;
  EXPECT_EQ(granted(), 10) << "never fewer than are claimed";
}

TEST(CommonDirector, C_11_allows_a_job_with_an_end_by_time_to_be_dialed_until_then_and_says_so_again_each_second) {
  FinishBench bench({.after = 1h});
  auto grants = of<GrantAllowance>(bench.look(10min));
  ASSERT_EQ(grants.size(), 1u);
  EXPECT_EQ(grants[0].allowance.valid_for, 50min);
  EXPECT_TRUE(of<GrantAllowance>(bench.look(900ms)).empty());
  EXPECT_EQ(of<GrantAllowance>(bench.look(100ms)).at(0).allowance.valid_for, 50min - 1s);
  bench.seen.state = JobState::paused;
  EXPECT_TRUE(of<GrantAllowance>(bench.look(5s)).empty());
}

TEST(CommonDirector, C_11_leaves_jobs_without_criteria_without_an_allowance) {
  EXPECT_TRUE(of<GrantAllowance>(look({job(1, JobState::running)})).empty());
}

FireSchedule fired(const char* next_at, const char* now, Misfire misfire) {
  CommonDirectorMachine machine;
  const ScheduleSeen seen{ScheduleId{3}, Timetable{.minutes = {540, 545}, .weekdays = {1, 2, 3, 4, 5, 6, 7}}, misfire, 60s,
                          *parse_iso8601(next_at)};
  return of<FireSchedule>(machine.step(WorldSeen{.schedules = {seen}, .at = *parse_iso8601(now)}, Instant{})).at(0);
}

TEST(CommonDirector, C_07_fires_a_due_schedule_and_moves_it_on) {
  const FireSchedule fire = fired("2026-07-01T09:00:00Z", "2026-07-01T09:00:30Z", Misfire::skip);
  EXPECT_TRUE(fire.run);
  EXPECT_EQ(fire.due, fire.seen);
  EXPECT_EQ(fire.next, parse_iso8601("2026-07-01T09:05:00Z"));
  EXPECT_EQ(fire.missed, 0);
}

TEST(CommonDirector, F_01_runs_once_or_skips_what_fell_into_an_outage_as_the_schedule_says) {
  for (const Misfire misfire : {Misfire::run_once, Misfire::skip}) {
    const FireSchedule fire = fired("2026-07-01T09:00:00Z", "2026-07-03T12:00:00Z", misfire);
    EXPECT_EQ(fire.run, misfire == Misfire::run_once);
    EXPECT_EQ(fire.due, parse_iso8601("2026-07-03T09:05:00Z")) << "all of them at once";
    EXPECT_EQ(fire.missed, 5);
    EXPECT_EQ(fire.next, parse_iso8601("2026-07-04T09:00:00Z"));
  }
  const FireSchedule last = fired("2026-07-01T09:00:00Z", "2026-07-01T09:05:50Z", Misfire::skip);
  EXPECT_TRUE(last.run) << "the last one is still in time";
  EXPECT_EQ(last.missed, 1);
}

/// Directors of servers a and b, zones 1 and 2; what a director decides as time goes by.
struct ZoneBench {
  CommonDirectorMachine machine{{.settled_after = 10min, .flaps = 3, .flap_window = 10min}};
  Instant now = Instant{} + 1h;
  WorldSeen world;

  void live(const std::string& server, const std::string& incarnation) {
    dead(server);
    world.directors.push_back(Session{Incarnation{incarnation}, ServerName{server}, "campaign_director"});
  }
  void dead(const std::string& server) {
    std::erase_if(world.directors, [&](const Session& s) { return s.server.value == server; });
  }
  /// Time passes, and what is decided is done. Where each zone is then.
  std::map<std::string, std::string> after(Duration time) {
    now += time;
    for (const AllotZone& allot : of<AllotZone>(machine.step(world, now)))
      for (ZoneSeen& zone : world.zones) {
        if (zone.name != allot.zone) continue;
        zone.allotted = allot.director;
        if (!zone.home) zone.home = allot.server;
      }
    std::map<std::string, std::string> at;
    for (const ZoneSeen& zone : world.zones) at[zone.name] = zone.allotted ? zone.allotted->value : "";
    return at;
  }
};
using Where = std::map<std::string, std::string>;

TEST(CommonDirector, C_02_leaves_a_zone_with_the_director_that_has_it) {
  ZoneBench bench;
  bench.live("a", "a1");
  bench.live("b", "b1");
  bench.world.zones = {{.name = "1", .holder = Incarnation{"b1"}}};
  EXPECT_EQ(bench.after(0s), (Where{{"1", "b1"}}));
}

TEST(CommonDirector, C_16_gives_a_returned_servers_zones_back_once_it_has_settled) {
  ZoneBench bench;
  bench.live("a", "a1");
  bench.live("b", "b1");
  bench.world.zones = {{.name = "1", .home = ServerName{"a"}}, {.name = "2", .home = ServerName{"b"}}};
  EXPECT_EQ(bench.after(0s), (Where{{"1", "a1"}, {"2", "b1"}}));
  bench.dead("a");
  EXPECT_EQ(bench.after(1s), (Where{{"1", "b1"}, {"2", "b1"}}));
  bench.live("a", "a2");
  EXPECT_EQ(bench.after(1s), (Where{{"1", "b1"}, {"2", "b1"}}));
  EXPECT_EQ(bench.after(9min), (Where{{"1", "b1"}, {"2", "b1"}}));
  EXPECT_EQ(bench.after(1min), (Where{{"1", "a2"}, {"2", "b1"}}));
}

TEST(CommonDirector, S_01_gives_a_flapping_server_no_zone_while_there_is_another) {
  ZoneBench bench;
  bench.live("b", "b1");
  bench.world.zones = {{.name = "1"}, {.name = "2"}, {.name = "3"}};
  for (int life = 1; life <= 3; ++life) {
    bench.live("a", "a" + std::to_string(life));
    bench.after(10s);
    bench.dead("a");
    bench.after(10s);
  }
  bench.live("a", "a4");
  EXPECT_EQ(bench.after(1s), (Where{{"1", "b1"}, {"2", "b1"}, {"3", "b1"}}));
  bench.dead("b");
  EXPECT_EQ(bench.after(1s), (Where{{"1", "a4"}, {"2", "a4"}, {"3", "a4"}})) << "better than none";
}

TEST(CommonDirector, S_01_takes_zones_and_jobs_from_a_parked_server_and_nothing_bounces_back) {
  ZoneBench bench;
  bench.live("a", "a1");
  bench.live("b", "b1");
  bench.world.zones = {{.name = "1", .home = ServerName{"a"}}};
  EXPECT_EQ(bench.after(0s), (Where{{"1", "a1"}}));
  bench.world.servers = {{.name = ServerName{"a"}, .parked = true}};
  EXPECT_EQ(bench.after(1s), (Where{{"1", "b1"}}));
  EXPECT_EQ(bench.after(1h), (Where{{"1", "b1"}}));

  bench.world.managers = {Session{kOne, ServerName{"a"}, "campaign_manager"}, Session{kTwo, ServerName{"b"}, "campaign_manager"}};
  bench.world.jobs = {job(1, JobState::running, kOne)};
  const auto allots = of<AllotJob>(bench.machine.step(bench.world, bench.now));
  ASSERT_EQ(allots.size(), 1u);
  EXPECT_EQ(allots[0].manager, kTwo);
}

TEST(CommonDirector, A_12_brings_a_zone_home_at_once_when_it_is_ordered_and_ends_the_order) {
  ZoneBench bench;
  bench.live("a", "a1");
  bench.live("b", "b1");
  bench.world.zones = {{.name = "1", .home = ServerName{"a"}, .allotted = Incarnation{"b1"}}};
  EXPECT_EQ(bench.after(1s), (Where{{"1", "b1"}})) << "its home has not settled";
  bench.world.zones[0].going_home = true;
  const auto allots = of<AllotZone>(bench.machine.step(bench.world, bench.now));
  ASSERT_EQ(allots.size(), 1u);
  EXPECT_EQ(allots[0].director, Incarnation{"a1"});
  EXPECT_FALSE(allots[0].going_home);
  bench.world.servers = {{.name = ServerName{"a"}, .parked = true}};
  EXPECT_TRUE(of<AllotZone>(bench.machine.step(bench.world, bench.now)).empty()) << "the order waits for its home";
}

/// Agent managers of servers a and b; what is decided of zones' agents, as "zone manager home", and done.
struct AgentsBench {
  CommonDirectorMachine machine;
  WorldSeen world;

  AgentsBench() {
    for (const char* server : {"a", "b"}) live(server);
  }
  void live(const std::string& server) {
    world.agent_managers.push_back(Session{Incarnation{server + "1"}, ServerName{server}, "agent_manager"});
  }
  void dead(const std::string& server) {
    std::erase_if(world.agent_managers, [&](const Session& s) { return s.server.value == server; });
  }
  std::vector<std::string> decided() {
    std::vector<std::string> out;
    for (const AllotAgents& allot : of<AllotAgents>(machine.step(world, Instant{} + 1h)))
      for (ZoneSeen& zone : world.agent_zones) {
        if (zone.name != allot.zone) continue;
        zone.allotted = allot.manager;
        zone.going_home = allot.going_home;
        if (!zone.home && !allot.server.value.empty()) zone.home = allot.server;
        out.push_back(zone.name + " " + (allot.manager ? allot.manager->value : "-") + " " + (zone.home ? zone.home->value : "-"));
      }
    return out;
  }
};
using Decided = std::vector<std::string>;

TEST(CommonDirector, A_01_spreads_zones_agents_over_servers_and_then_leaves_them) {
  AgentsBench bench;
  for (const char* zone : {"1", "2"}) bench.world.agent_zones.push_back({.name = zone, .holder = Incarnation{"a1"}});
  EXPECT_EQ(bench.decided(), (Decided{"1 - a", "2 b1 b"}));
  bench.world.agent_zones[1].holder = Incarnation{"b1"};
  EXPECT_EQ(bench.decided(), (Decided{"2 - b"})) << "they are there";
  EXPECT_EQ(bench.decided(), Decided{});
  bench.world.agent_zones[1].holder = Incarnation{"a1"};
  EXPECT_EQ(bench.decided(), Decided{}) << "its server has come back, and nobody has said that they go home";
}

TEST(CommonDirector, D_02_gives_the_agents_of_a_lost_server_to_the_least_busy) {
  AgentsBench bench;
  bench.live("c");
  bench.world.directors = {Session{Incarnation{"da"}, ServerName{"a"}, "campaign_director"}};
  for (const char* zone : {"1", "2"}) bench.world.zones.push_back({.name = zone, .home = ServerName{"a"}, .allotted = Incarnation{"da"}});
  bench.world.agent_zones = {{.name = "1", .home = ServerName{"c"}, .holder = Incarnation{"c1"}},
                             {.name = "2", .home = ServerName{"b"}, .holder = Incarnation{"b1"}}};
  EXPECT_EQ(bench.decided(), Decided{});
  bench.dead("b");
  EXPECT_EQ(bench.decided(), (Decided{"2 c1 b"})) << "a directs two zones";
  bench.world.agent_zones[1] = {.name = "2", .home = ServerName{"b"}, .holder = Incarnation{"b1"}};
  bench.world.agent_zones[0].weight = 3;
  EXPECT_EQ(bench.decided(), (Decided{"2 a1 b"})) << "what a server does for agents counts as what it does for campaigns";
  EXPECT_EQ(bench.decided(), Decided{}) << "about to be taken";
  bench.world.agent_zones[1].holder = Incarnation{"a1"};
  EXPECT_EQ(bench.decided(), (Decided{"2 - b"}));
}

TEST(CommonDirector, D_03_spreads_the_agents_of_two_servers_that_are_lost_at_once) {
  AgentsBench bench;
  for (const char* server : {"c", "d"}) bench.live(server);
  bench.world.agent_zones = {{.name = "1", .home = ServerName{"a"}, .holder = Incarnation{"a1"}},
                             {.name = "2", .home = ServerName{"b"}, .holder = Incarnation{"b1"}}};
  for (const char* server : {"a", "b"}) bench.dead(server);
  bench.decided();
  const auto &one = bench.world.agent_zones[0].allotted, &two = bench.world.agent_zones[1].allotted;
  ASSERT_TRUE(one && two);
  EXPECT_NE(one, two);
  EXPECT_EQ(bench.world.agent_zones[0].home, ServerName{"a"}) << "they still belong there";
}

TEST(CommonDirector, A_01_gives_a_free_zones_agents_to_their_home_among_equals) {
  AgentsBench bench;
  bench.world.agent_zones = {{.name = "1", .home = ServerName{"b"}}, {.name = "2"}};
  EXPECT_EQ(bench.decided(), (Decided{"1 b1 b", "2 a1 a"}));
}

TEST(CommonDirector, A_12_gives_agents_to_no_server_that_does_not_serve_their_zone) {
  AgentsBench bench;
  bench.world.servers = {{.name = ServerName{"b"}, .zones = std::vector<std::string>{"2"}}};
  bench.world.agent_zones = {{.name = "1", .home = ServerName{"b"}, .holder = Incarnation{"a1"}, .going_home = true}};
  EXPECT_EQ(bench.decided(), Decided{});
  bench.dead("a");
  EXPECT_EQ(bench.decided(), Decided{}) << "better with nobody than with one who would not take it";
}

TEST(CommonDirector, C_04_leaves_agents_with_a_manager_that_is_in_doubt_but_renewed) {
  AgentsBench bench;
  bench.world.agent_zones = {{.name = "1", .home = ServerName{"a"}, .holder = Incarnation{"a1"}}};
  bench.world.doubted_agent_managers = {Incarnation{"a1"}};
  bench.dead("a");
  EXPECT_EQ(bench.decided(), Decided{});
  bench.world.doubted_agent_managers.clear();
  EXPECT_EQ(bench.decided(), (Decided{"1 b1 a"}));
}

TEST(CommonDirector, A_12_moves_a_zones_agents_by_order_until_they_are_there) {
  AgentsBench bench;
  bench.world.agent_zones = {{.name = "1", .home = ServerName{"b"}, .holder = Incarnation{"a1"}, .going_home = true}};
  EXPECT_EQ(bench.decided(), (Decided{"1 b1 b"}));
  EXPECT_EQ(bench.decided(), Decided{}) << "on the way";
  bench.world.agent_zones[0].holder = Incarnation{"b1"};
  EXPECT_EQ(bench.decided(), (Decided{"1 - b"}));
}

TEST(CommonDirector, A_12_frees_a_zone_whose_next_manager_dies_on_the_way) {
  AgentsBench bench;
  bench.world.agent_zones = {{.name = "1", .home = ServerName{"b"}, .allotted = Incarnation{"b1"}}};
  EXPECT_EQ(bench.decided(), Decided{}) << "about to be taken";
  bench.dead("b");
  EXPECT_EQ(bench.decided(), (Decided{"1 a1 b"}));
  bench.world.agent_zones = {{.name = "1", .home = ServerName{"b"}, .holder = Incarnation{"a1"}, .going_home = true}};
  EXPECT_EQ(bench.decided(), Decided{}) << "the order waits for its home";
  EXPECT_TRUE(bench.world.agent_zones[0].going_home);
}

TEST(CommonDirector, S_01_takes_agents_from_a_parked_server) {
  AgentsBench bench;
  bench.world.agent_zones = {{.name = "1", .home = ServerName{"a"}, .holder = Incarnation{"a1"}}};
  bench.world.servers = {{.name = ServerName{"a"}, .parked = true}};
  EXPECT_EQ(bench.decided(), (Decided{"1 b1 a"}));
  bench.world.agent_zones[0].holder = Incarnation{"b1"};
  EXPECT_EQ(bench.decided(), (Decided{"1 - a"}));
}

TEST(CommonDirector, S_01_tells_people_which_servers_have_settled_and_which_flap) {
  ZoneBench bench;
  bench.live("a", "a1");
  bench.world.servers = {{.name = ServerName{"a"}}};
  auto told = of<SaveStanding>(bench.machine.step(bench.world, bench.now));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_FALSE(told[0].settled);
  bench.world.servers[0].settled = false;
  EXPECT_TRUE(of<SaveStanding>(bench.machine.step(bench.world, bench.now)).empty());
  bench.now += 10min;
  EXPECT_TRUE(of<SaveStanding>(bench.machine.step(bench.world, bench.now)).at(0).settled);
}

TEST(ZoneDirector, C_02_fills_each_job_chunk_by_chunk_and_only_once_at_a_time) {
  ZoneDirectorMachine zone;
  EXPECT_EQ(zone.step(ZoneJobsSeen{{JobId{1}, JobId{2}}}, Instant{}).size(), 2u);
  EXPECT_TRUE(zone.step(ZoneJobsSeen{{JobId{1}, JobId{2}}}, Instant{}).empty());
  EXPECT_EQ(zone.step(ChunkFiltered{JobId{1}, false}, Instant{}).size(), 1u);
  EXPECT_TRUE(zone.step(ChunkFiltered{JobId{1}, true}, Instant{}).empty());
  zone.step(ChunkFailed{JobId{2}}, Instant{});
  EXPECT_EQ(zone.step(ZoneJobsSeen{{JobId{2}}}, Instant{}).size(), 1u);
}

}  // namespace
}  // namespace everdial
