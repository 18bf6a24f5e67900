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
  return machine.step(WorldSeen{std::move(jobs), std::move(living)}, Instant{});
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
