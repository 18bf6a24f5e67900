#include <gmock/gmock.h>

#include "dashboard/test_dashboard.h"

namespace everdial {
namespace {

using nlohmann::json;
using testing::ElementsAre;

TEST_F(TestDashboard, makes_and_shows_contact_lists) {
  const auto made = post("/lists", {{"name", "Größe"}, {"default_region", "DE"}, {"time_zone", "Europe/Berlin"}, {"zone", "north"}},
                         {{"Idempotency-Key", "l"}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["contacts"], 0);
  EXPECT_EQ(get("/lists/" + std::to_string(made.json["id"].get<int64_t>())).json, made.json);
  EXPECT_EQ(post("/lists", {{"name", "Größe"}, {"default_region", "DE"}, {"time_zone", "Europe/Berlin"}, {"zone", "north"}},
                 {{"Idempotency-Key", "l"}})
                .json,
            made.json);
  const auto taken = post("/lists", {{"name", "Größe"}});
  EXPECT_EQ(taken.status, 409);
  EXPECT_THAT(taken.errors(), ElementsAre("/name: There is a contact list of this name already."));
  EXPECT_THAT(post("/lists", {{"name", ""}, {"default_region", "de"}, {"time_zone", "../../etc/passwd"}, {"zone", "a b"}}).errors(),
              testing::UnorderedElementsAre("/name: must not be empty", "/zone: must hold letters, digits and _.- only",
                                            "/default_region: must be two capital letters (ISO 3166), as GB",
                                            "/time_zone: must be an IANA time zone, as Europe/Berlin"));
  EXPECT_EQ(get("/lists/99").status, 404);
  for (int i = 0; i < 5; ++i) make_list(std::to_string(i));
  const auto all = all_pages("/lists", 2);
  ASSERT_EQ(all.size(), 6);
  EXPECT_EQ(all[0]["name"], "4") << "the newest first";
}

TEST_F(TestDashboard, shows_the_contacts_of_a_list) {
  const std::string list = std::to_string(make_list());
  sql("insert into contact (list_id, phone, time_zone, ref, attributes, import_id, import_row) "
      "select " +
      list +
      ", '+1202555' || lpad(n::text, 4, '0'), 'America/New_York', nullif(n, 3)::text, '{\"name\": \"Ada\"}', 1, n from generate_series(1, "
      "7) n");
  const auto all = all_pages("/lists/" + list + "/contacts", 3);
  ASSERT_EQ(all.size(), 7);
  EXPECT_EQ(all[0]["phone"], "+12025550001");
  EXPECT_EQ(all[0]["attributes"]["name"], "Ada");
  EXPECT_FALSE(all[2].contains("ref"));
  EXPECT_EQ(get("/lists/" + list + "/contacts?phone=%2B12025550005").json["items"].size(), 1);
  EXPECT_EQ(get("/lists/" + list + "/contacts?phone=+12025550005").json["items"].size(), 1);
  EXPECT_THAT(get("/lists/" + list + "/contacts?phone=555").errors(), ElementsAre(testing::StartsWith("?phone: must be E.164")));
  EXPECT_EQ(get("/lists/99/contacts").status, 404);
}

class Imports : public TestDashboard {
 protected:
  int64_t make_import(int64_t size, json more = json::object()) {
    json body = {{"list_id", make_list("list" + std::to_string(++lists_))}, {"file_name", "a.csv"}, {"size_bytes", size}};
    body.update(more);
    const auto made = post("/imports", body);
    EXPECT_EQ(made.status, 201) << made.body;
    return made.json.value("id", int64_t{0});
  }
  TestAnswer put(int64_t import, int64_t first_byte, const std::string& data, Role role = Role::supervisor) {
    return send("PUT", "/imports/" + std::to_string(import) + "/chunks/" + std::to_string(first_byte), data,
                {{"Authorization", "Bearer " + token(role)}, {"Content-Type", "application/octet-stream"}});
  }
  TestAnswer then(int64_t import, const std::string& what) { return post("/imports/" + std::to_string(import) + "/" + what); }
  int lists_ = 0;
};

TEST_F(Imports, takes_a_file_in_pieces_of_any_order_and_queues_it) {
  const std::string file = std::string("phone\n\0\xff", 8) + std::string(100, 'x');
  const int64_t id = make_import(108);
  EXPECT_EQ(put(id, 50, file.substr(50)).status, 204);
  const auto early = then(id, "complete");
  EXPECT_EQ(early.status, 409);
  EXPECT_THAT(early.errors(), ElementsAre(": bytes are missing from 0 on"));
  EXPECT_EQ(put(id, 0, file.substr(0, 20)).status, 204);
  EXPECT_THAT(then(id, "complete").errors(), ElementsAre(": bytes are missing from 20 on"));
  const auto half = get("/imports/" + std::to_string(id));
  EXPECT_EQ(half.json["uploaded_bytes"], 78);
  EXPECT_EQ(half.json["missing_from"], 20) << "where a client goes on whose upload broke off";
  EXPECT_EQ(put(id, 20, file.substr(20, 30)).status, 204);
  const auto whole = get("/imports/" + std::to_string(id));
  EXPECT_EQ(whole.json["uploaded_bytes"], 108);
  EXPECT_FALSE(whole.json.contains("missing_from"));
  EXPECT_EQ(whole.json["state"], "uploading");
  EXPECT_EQ(then(id, "complete").json["state"], "queued");
  EXPECT_EQ(then(id, "complete").status, 200) << "safe to repeat";
  EXPECT_EQ(sql("select encode(string_agg(data, '' order by first_byte), 'hex') from contact_import_chunk"),
            sql("select encode('phone\n'::bytea || '\\x00ff'::bytea || repeat('x', 100)::bytea, 'hex')"));
  EXPECT_EQ(put(id, 0, file.substr(0, 20)).status, 409) << "the upload has ended";
}

TEST_F(Imports, takes_a_chunk_again_but_not_another_in_its_place) {
  const int64_t id = make_import(10);
  EXPECT_EQ(put(id, 0, "abcde").status, 204);
  EXPECT_EQ(put(id, 0, "abcde").status, 204);
  EXPECT_EQ(put(id, 0, "abcdX").status, 409);
  EXPECT_EQ(put(id, 4, "ef").status, 409) << "overlaps";
  EXPECT_EQ(put(id, 5, "fghijk").status, 409) << "beyond the end";
  EXPECT_EQ(put(id, 5, "").status, 400);
  EXPECT_EQ(put(id, 5, "fghij", Role::viewer).status, 403);
  EXPECT_EQ(put(99, 0, "a").status, 404);
  EXPECT_EQ(put(id, 5, "fghij").status, 204);
  EXPECT_EQ(then(id, "complete").status, 200);
}

TEST_F(Imports, takes_chunks_up_to_8_mib_and_no_larger) {
  const int64_t id = make_import(int64_t{20} << 20);
  EXPECT_EQ(put(id, 0, std::string(size_t{8} << 20, 'a')).status, 204);
  const auto larger = put(id, 0, std::string((size_t{8} << 20) + 1, 'a'));
  EXPECT_EQ(larger.status, 413);
  EXPECT_EQ(larger.json["type"], "urn:everdial:problem:too_large");
}

TEST_F(Imports, refuses_what_it_cannot_import) {
  EXPECT_THAT(post("/imports", {{"list_id", 99}, {"file_name", "a.csv"}, {"size_bytes", 1}}).errors(),
              ElementsAre("/list_id: There is no such contact list."));
  EXPECT_THAT(
      post("/imports", {{"file_name", ""}, {"size_bytes", 0}, {"options", {{"separator", "x"}, {"header", 1}, {"colour", 1}}}}).errors(),
      testing::UnorderedElementsAre("/list_id: is missing", "/file_name: must not be empty", "/size_bytes: must be from 1 to 4294967296",
                                    "/options/separator: must be one of , ; | and tab", "/options/header: must be true or false",
                                    "/options/colour: is not known here"));
  EXPECT_THAT(post("/imports", {{"kind", "dnc"}, {"list_id", 1}, {"file_name", "a.csv"}, {"size_bytes", 1}}).errors(),
              ElementsAre("/list_id: is not known here"));
  const auto dnc = post("/imports", {{"kind", "dnc"}, {"file_name", "a.csv"}, {"size_bytes", 1}}, {{"Idempotency-Key", "d"}});
  EXPECT_EQ(dnc.status, 201);
  EXPECT_FALSE(dnc.json.contains("list_id"));
  EXPECT_EQ(post("/imports", {{"kind", "dnc"}, {"file_name", "a.csv"}, {"size_bytes", 1}}, {{"Idempotency-Key", "d"}}).json, dnc.json);
}

TEST_F(Imports, C_17_keeps_the_name_of_a_file_in_the_import_folder_for_a_list_manager) {
  make_list();
  const json body = {{"list_id", 1}, {"source", "folder"}, {"file_name", "people.csv"}};
  const auto made = post("/imports", body, {{"Idempotency-Key", "f"}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json["state"], "collecting");
  EXPECT_EQ(made.json["source"], "folder");
  EXPECT_EQ(made.json["size_bytes"], 0);
  EXPECT_EQ(post("/imports", body, {{"Idempotency-Key", "f"}}).json, made.json);
  EXPECT_EQ(put(1, 0, "phone\n").status, 409);
  EXPECT_EQ(then(1, "complete").status, 409);
  sql("update contact_import set size_bytes = 100, modified_ns = 1, collected_bytes = 40");
  EXPECT_EQ(get("/imports/1").json["uploaded_bytes"], 40);
  EXPECT_EQ(then(1, "cancel").json["state"], "cancelled");

  for (const std::string name : {"../people.csv", "a/b.csv", ".people.csv", "..", "a\tb"})
    EXPECT_THAT(post("/imports", {{"list_id", 1}, {"source", "folder"}, {"file_name", name}}).errors(),
                ElementsAre(testing::StartsWith("/file_name: must be the plain name of a file in the import folder")))
        << name;
  EXPECT_THAT(post("/imports", {{"list_id", 1}, {"source", "folder"}, {"file_name", "a.csv"}, {"size_bytes", 1}}).errors(),
              ElementsAre("/size_bytes: is not known here"));
  EXPECT_THAT(post("/imports", {{"list_id", 1}, {"source", "mail"}, {"file_name", "a.csv"}, {"size_bytes", 1}}).errors(),
              ElementsAre("/source: must be one of upload, folder"));
  EXPECT_EQ(post("/imports", {{"kind", "dnc"}, {"source", "folder"}, {"file_name", "dnc.csv"}}).status, 201);

  sql("insert into load_restriction (name, reason) values ('imports', 'all 2 servers are under high load')");
  sql("insert into load_sample (server, cpu, memory, run_queue) values ('as1', 1, 0, 2)");
  EXPECT_EQ(post("/imports", body).status, 503);
}

TEST_F(Imports, cancels_what_has_not_ended) {
  const int64_t id = make_import(10, {{"options", {{"separator", ";"}, {"phone_column", "Mobile"}}}});
  EXPECT_EQ(sql("select options->>'phone_column' from contact_import where id = " + std::to_string(id)), "Mobile");
  EXPECT_EQ(then(id, "cancel").json["state"], "cancelled");
  EXPECT_EQ(then(id, "cancel").status, 200) << "safe to repeat";
  EXPECT_EQ(then(id, "complete").status, 409);
  const int64_t done = make_import(10);
  sql("update contact_import set state = 'completed', finished_at = now(), accepted = 7, rejected = 2 where id = " + std::to_string(done));
  EXPECT_EQ(then(done, "cancel").status, 409);
  EXPECT_EQ(then(99, "cancel").status, 404);
  EXPECT_EQ(then(99, "complete").status, 404);
  EXPECT_EQ(all_pages("/imports", 1).size(), 2);
  const std::string list = sql("select list_id from contact_import where id = " + std::to_string(done));
  EXPECT_EQ(all_pages("/imports?list_id=" + list, 1).size(), 1);
  EXPECT_EQ(get("/lists/" + list).json["contacts"], 7);
}

TEST_F(Imports, shows_rejects_and_gives_them_as_a_file) {
  const std::string id = std::to_string(make_import(10));
  sql("insert into contact_import_reject select " + id + ", n, 'phone', '+49 30 1', 'too short' from generate_series(1, 5) n");
  sql("insert into contact_import_reject values (" + id + ", 6, 'name', '=cmd(\"x\")', 'odd'), (" + id +
      ", 6, 'phone', 'a,b', 'no number')");
  const auto all = all_pages("/imports/" + id + "/rejects", 2);
  ASSERT_EQ(all.size(), 7);
  EXPECT_EQ(all[5], json({{"row", 6}, {"column", "name"}, {"value", "=cmd(\"x\")"}, {"reason", "odd"}}));
  const auto file = get("/imports/" + id + "/rejects.csv");
  EXPECT_EQ(file.status, 200);
  EXPECT_THAT(file.body, testing::StartsWith("row,column,value,reason\r\n1,\"phone\",\"+49 30 1\",\"too short\"\r\n"));
  EXPECT_THAT(file.body, testing::EndsWith("6,\"name\",\"'=cmd(\"\"x\"\")\",\"odd\"\r\n6,\"phone\",\"a,b\",\"no number\"\r\n"));
  EXPECT_EQ(get("/imports/99/rejects").status, 404);
  EXPECT_EQ(get("/imports/99/rejects.csv").status, 404);
}

TEST_F(Imports, gives_a_large_file_of_rejects_whole) {
  const std::string id = std::to_string(make_import(10));
  sql("insert into contact_import_reject select " + id + ", n, 'phone', 'x', 'no number' from generate_series(1, 12001) n");
  const auto file = get("/imports/" + id + "/rejects.csv");
  EXPECT_EQ(std::count(file.body.begin(), file.body.end(), '\n'), 12'002);
}

TEST_F(TestDashboard, keeps_the_do_not_call_list) {
  const auto add = [&](const json& phones, const std::string& key = "") {
    return key.empty() ? post("/dnc", {{"phones", phones}}) : post("/dnc", {{"phones", phones}}, {{"Idempotency-Key", key}});
  };
  EXPECT_EQ(add({"+12025550101", "+12025550102", "+12025550101"}).json, json({{"added", 2}, {"already_there", 1}}));
  EXPECT_EQ(add({"+442079460000"}, "k").json, json({{"added", 1}, {"already_there", 0}}));
  EXPECT_EQ(add({"+442079460000"}, "k").json, json({{"added", 1}, {"already_there", 0}})) << "the first answer again";
  EXPECT_THAT(add({"+12025550103", "0123", 7}).errors(),
              ElementsAre("/phones/1: must be E.164: + and 7 to 15 digits", "/phones/2: must be E.164: + and 7 to 15 digits"));
  EXPECT_THAT(add(json::array()).errors(), ElementsAre("/phones: must be an array of 1 to 10000 numbers"));
  EXPECT_EQ(all_pages("/dnc", 2).size(), 3);
  EXPECT_EQ(all_pages("/dnc?starts_with=%2B44", 2).size(), 1);
  EXPECT_EQ(get("/dnc?starts_with=44").status, 400);
  EXPECT_EQ(get("/dnc/+12025550101").json["source"], "console");
  EXPECT_EQ(get("/dnc/%2B12025550199").status, 404);
  EXPECT_EQ(get("/dnc/12").status, 400);
  EXPECT_EQ(as(Role::supervisor, "DELETE", "/dnc/+12025550101").status, 204);
  EXPECT_EQ(as(Role::supervisor, "DELETE", "/dnc/+12025550101").status, 404);
}

}  // namespace
}  // namespace everdial
