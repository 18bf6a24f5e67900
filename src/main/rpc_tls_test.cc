#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <fstream>
#include <future>
#include <mutex>

#include "mpp/mpp_rpc.h"
#include "runtime/loop.h"
#include "runtime/rpc.h"
#include "runtime/test_certificates.h"

namespace everdial {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class RpcTls : public testing::Test {
 protected:
  RpcTls() {
    note_grpc_complaints([this](const std::string& text) {
      const std::lock_guard lock{mutex_};
      complaints_.push_back(text);
    });
  }
  ~RpcTls() override {
    note_grpc_complaints([](const std::string&) {});
  }
  std::vector<std::string> complaints() {
    const std::lock_guard lock{mutex_};
    return complaints_;
  }

  static std::vector<std::unique_ptr<RpcReceiver>> receivers() {
    std::vector<std::unique_ptr<RpcReceiver>> all;
    all.push_back(make_mpp_rpc());
    return all;
  }
  GrpcNetwork::Settings settings(const TestAuthority::Files& files) {
    return {.cert = files.cert, .key = files.key, .ca = files.ca, .note = [this](const std::string& text) { noted_.push_back(text); }};
  }
  /// Listens and answers; gives the address.
  Result<Address> serve(const GrpcNetwork::Settings& with) {
    server_ = std::make_unique<GrpcNetwork>(loop_, with, receivers());
    server_->serve([this](Request, ReplyFn reply) {
      handled_ = true;
      reply(Reply{Done{}});
    });
    return server_->address();
  }
  Result<Reply> ask(const Address& to, const GrpcNetwork::Settings& with) {
    GrpcNetwork client(loop_, with, receivers());
    std::optional<Result<Reply>> got;
    client.request(to, ForgetCalls{}, 5s, [&](Result<Reply> reply) {
      got = std::move(reply);
      loop_.stop();
    });
    loop_.run();
    return *got;
  }

  /// As somebody whose credentials we do not choose.
  Result<Reply> ask_as(const Address& to, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    const auto client = make_mpp_rpc()->client(grpc::CreateChannel(to.value, credentials));
    std::optional<Result<Reply>> got;
    const auto gone = std::make_shared<std::promise<void>>();
    // Until gRPC has let go of the call: the channel must not end on its thread.
    std::shared_ptr<void> let_go(nullptr, [gone](void*) { gone->set_value(); });
    client->call(ForgetCalls{}, 5s, [&got, let_go](Result<Reply> reply) { got = std::move(reply); });
    let_go.reset();
    gone->get_future().get();
    return *got;
  }
  static std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  Loop loop_;
  TestAuthority ours_, foreign_;
  std::unique_ptr<GrpcNetwork> server_;
  bool handled_ = false;
  std::vector<std::string> noted_;
  std::mutex mutex_;  ///< of complaints_
  std::vector<std::string> complaints_;
};

TEST_F(RpcTls, two_of_one_authority_talk) {
  const auto to = serve(settings(ours_.issue()));
  ASSERT_TRUE(to.ok()) << to.error().message;
  const auto reply = ask(*to, settings(ours_.issue()));
  EXPECT_TRUE(reply.ok()) << reply.error().message;
}

TEST_F(RpcTls, a_caller_without_a_certificate_is_refused_and_our_log_says_why) {
  const auto to = serve(settings(ours_.issue()));
  EXPECT_FALSE(ask_as(*to, grpc::InsecureChannelCredentials()).ok());
  EXPECT_THAT(complaints(), Contains(HasSubstr("another process was refused: it does not speak TLS")));
  EXPECT_FALSE(ask_as(*to, grpc::SslCredentials({.pem_root_certs = text_of(ours_.ca())})).ok());
  EXPECT_THAT(complaints(), Contains(HasSubstr("another process was refused: it shows no certificate")));
  EXPECT_FALSE(handled_);
}

TEST_F(RpcTls, a_caller_with_a_foreign_certificate_is_refused_and_our_log_says_why) {
  const auto to = serve(settings(ours_.issue()));
  const auto files = foreign_.issue();
  const grpc::SslCredentialsOptions impostor{
      .pem_root_certs = text_of(ours_.ca()), .pem_private_key = text_of(files.key), .pem_cert_chain = text_of(files.cert)};
  EXPECT_FALSE(ask_as(*to, grpc::SslCredentials(impostor)).ok());
  EXPECT_THAT(complaints(),
              Contains(HasSubstr("another process was refused: its certificate is not from our authority, or is not valid now")));
  EXPECT_FALSE(handled_);
}

TEST_F(RpcTls, whoever_calls_a_stranger_is_told_and_sends_nothing) {
  const auto to = serve(settings(ours_.issue()));
  const std::string cannot = "cannot speak with " + to->value + ": ";
  const auto foreign = ask(*to, settings(foreign_.issue()));
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(foreign.error().message, StartsWith(cannot + "its certificate is not from our authority, or is not valid now"));
  EXPECT_THAT(noted_, ElementsAre(cannot + "its certificate is not from our authority, or is not valid now"));
  EXPECT_THAT(ask(*to, {}).error().message, StartsWith(cannot + "it hung up on us")) << "one of us without TLS";
  EXPECT_FALSE(handled_);
}

TEST_F(RpcTls, a_server_with_a_certificate_for_another_address_is_refused) {
  auto elsewhere = settings(ours_.issue("DNS:as7"));
  elsewhere.advertise_host = "as7";
  ASSERT_TRUE(serve(elsewhere).ok());
  const std::string port = server_->address()->value.substr(4);
  const auto reply = ask(Address{"127.0.0.1:" + port}, settings(ours_.issue()));
  ASSERT_FALSE(reply.ok());
  EXPECT_THAT(reply.error().message, HasSubstr("its certificate is not for the address by which we call it"));
}

TEST_F(RpcTls, a_server_without_tls_is_refused) {
  const auto to = serve({});
  const auto reply = ask(*to, settings(ours_.issue()));
  ASSERT_FALSE(reply.ok());
  EXPECT_THAT(reply.error().message, HasSubstr("it does not speak TLS"));
  EXPECT_FALSE(handled_);
}

TEST_F(RpcTls, files_that_do_not_fit_are_named_at_the_start) {
  const auto refused = [&](const TestAuthority::Files& files) {
    const auto address = serve(settings(files));
    return address.ok() ? "served" : address.error().message;
  };
  auto crossed = ours_.issue();
  crossed.key = ours_.issue().key;
  EXPECT_THAT(refused(crossed), AllOf(HasSubstr("the key is not the certificate's"), HasSubstr(crossed.key.string())));
  auto adopted = ours_.issue();
  adopted.ca = foreign_.ca();
  EXPECT_THAT(refused(adopted), HasSubstr("the authority does not vouch for the certificate: unable to get local issuer certificate"));
  EXPECT_THAT(refused(ours_.issue("IP:127.0.0.1", -60)), HasSubstr("certificate has expired"));
  EXPECT_THAT(refused(ours_.issue("DNS:as7")), HasSubstr("the certificate is not for 127.0.0.1, by which others call this server"));
  auto missing = ours_.issue();
  missing.cert = "/nowhere.pem";
  EXPECT_THAT(refused(missing), HasSubstr("cannot read /nowhere.pem"));
  auto nothing = ours_.issue();
  nothing.cert = nothing.key;
  EXPECT_THAT(refused(nothing), HasSubstr("the file of the certificate has none"));
}

}  // namespace
}  // namespace everdial
