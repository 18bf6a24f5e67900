#include "campaign_director/alarm_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace everdial {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Two servers that live, and all is well.
class Alarms : public testing::Test {
 protected:
  static Session server(const std::string& name, const std::string& version = "1") {
    return {.incarnation = Incarnation{name}, .server = ServerName{name}, .component = "server", .version = version};
  }
  Alarms() {
    facts_.servers = facts_.living_servers = {server("as1"), server("as2")};
    facts_.masters = {{Resource{"rule_engine"}, Incarnation{"r"}}};
    facts_.sessions = {Incarnation{"r"}};
    facts_.mpp_wanted = true;
    facts_.mpps = {Session{}};
  }
  /// What changes; the record then shows it.
  std::vector<std::string> after(Duration time) {
    now_ += time;
    std::vector<std::string> out;
    for (const AlarmEffect& effect : machine_.step(facts_, now_)) {
      const auto* raise = std::get_if<RaiseAlarm>(&effect);
      const AlarmName& name = raise ? raise->name : std::get<ClearAlarm>(effect).name;
      out.push_back((raise ? "+" : "-") + std::string(to_string(name.kind)) + " " + name.subject);
      if (raise) facts_.open.push_back(name);
      else std::erase(facts_.open, name);
    }
    return out;
  }

  AlarmFacts facts_;
  AlarmMachine machine_{AlarmMachine::Settings{}};
  Instant now_ = Instant{} + 1h;
};

TEST_F(Alarms, stay_silent_when_all_is_well) { EXPECT_THAT(after(1h), IsEmpty()); }

TEST_F(Alarms, D_05_tell_of_a_lost_server_once_and_of_its_return) {
  facts_.living_servers.pop_back();
  EXPECT_THAT(after(1s), ElementsAre("+server_lost as2"));
  EXPECT_THAT(after(1s), IsEmpty());
  facts_.living_servers = facts_.servers;
  EXPECT_THAT(after(1s), ElementsAre("-server_lost as2"));
}

TEST_F(Alarms, do_not_tell_of_a_server_that_ended_in_good_order) {
  facts_.servers.pop_back();
  facts_.living_servers.pop_back();
  EXPECT_THAT(after(1s), IsEmpty());
}

TEST_F(Alarms, S_04_tell_of_clocks_out_of_step_and_of_a_database_out_of_reach) {
  facts_.reports = {{ServerName{"as1"}, -900}, {ServerName{"as2"}, 400}};
  facts_.database_ages = {{ServerName{"as1"}, 200}, {ServerName{"as2"}, 6000}};
  EXPECT_THAT(after(1s), ElementsAre("+clock_offset as1", "+database_unreachable as2"));
}

TEST_F(Alarms, L_02_tell_of_load_data_older_than_30_s_of_servers_that_live) {
  facts_.load_silent = {ServerName{"as2"}, ServerName{"as9"}};
  EXPECT_THAT(after(1s), ElementsAre("+load_data_old as2"));
}

TEST_F(Alarms, tell_of_a_component_that_dies_again_and_again) {
  facts_.deaths = {{ServerName{"as1"}, "mpp", 2}, {ServerName{"as1"}, "rule_engine", 3}};
  EXPECT_THAT(after(1s), ElementsAre("+component_flaps as1/rule_engine"));
}

TEST_F(Alarms, F_07_wait_a_moment_before_they_tell_that_no_media_server_is_left) {
  facts_.mpps.clear();
  EXPECT_THAT(after(1s), IsEmpty());
  EXPECT_THAT(after(5s), ElementsAre("+no_mpp "));
  facts_.mpp_wanted = false;
  EXPECT_THAT(after(1s), ElementsAre("-no_mpp "));
}

TEST_F(Alarms, R_02_tell_of_a_master_that_is_missing_beyond_every_budget) {
  facts_.sessions.clear();  // its holder's process is gone
  EXPECT_THAT(after(1s), IsEmpty());
  EXPECT_THAT(after(9s), IsEmpty());
  EXPECT_THAT(after(1s), ElementsAre("+no_master rule_engine"));
  facts_.sessions = {Incarnation{"r"}};
  EXPECT_THAT(after(1s), ElementsAre("-no_master rule_engine"));
  facts_.masters[0].holder.reset();
  EXPECT_THAT(after(1s), IsEmpty()) << "from the beginning";
}

TEST_F(Alarms, tell_of_an_upgrade_that_nobody_has_finished) {
  facts_.living_servers = {server("as1", "1"), server("as2", "2")};
  EXPECT_THAT(after(1s), IsEmpty());
  EXPECT_THAT(after(4h), ElementsAre("+versions_mixed "));
}

TEST_F(Alarms, whoever_takes_over_goes_on_from_the_record) {
  facts_.living_servers.pop_back();
  after(1s);
  machine_ = AlarmMachine{AlarmMachine::Settings{}};
  EXPECT_THAT(after(1s), IsEmpty());
}

}  // namespace
}  // namespace everdial
