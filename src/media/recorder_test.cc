#include "media/recorder.h"

#include <fstream>
#include <latch>

#include "media/test_phone.h"

namespace everdial::media {
namespace {

TEST(Recorder, puts_silence_where_the_disk_did_not_keep_up_and_says_how_much) {
  TestFolder folder;
  std::ofstream(folder / "there.wav") << "in the way";
  std::latch stuck(1), go_on(1), done(2);
  RecordingEnded ended;
  Recorder recorder(1s, 10, [&](RecordingEnded event) {
    // The first to end holds up the recorder's thread, as a slow disk would.
    if (event.file == folder / "there.wav") {
      stuck.count_down();
      go_on.wait();
    } else {
      ended = std::move(event);
    }
    done.count_down();
  });
  recorder.start(StreamId{1}, folder / "there.wav", RecordMode::mixed);
  stuck.wait();

  Frame loud, louder;
  loud.fill(1000);
  louder.fill(2000);
  const auto recording = recorder.start(StreamId{2}, folder / "call.wav", RecordMode::mixed);
  for (int i = 0; i < 80; ++i) recording->put(loud, louder);  // room for 50
  go_on.count_down();
  recording->finish();
  recorder.wake();
  done.wait();

  EXPECT_EQ(ended.error, "");
  EXPECT_EQ(ended.length, 1600ms);
  EXPECT_EQ(ended.missed, 600ms);
  const Sound sound = read_wav(folder / "call.wav");
  ASSERT_EQ(sound.samples.size(), 80 * frame_samples);
  EXPECT_EQ(sound.samples[0], 3000);
  EXPECT_EQ(sound.samples[50 * frame_samples - 1], 3000);
  EXPECT_EQ(sound.samples[50 * frame_samples], 0);
  EXPECT_EQ(sound.samples.back(), 0);
}

TEST(Recorder, takes_no_more_than_it_may) {
  TestFolder folder;
  Recorder recorder(1s, 1, [](RecordingEnded) {});
  EXPECT_TRUE(recorder.start(StreamId{1}, folder / "a.wav", RecordMode::stereo));
  EXPECT_FALSE(recorder.start(StreamId{2}, folder / "b.wav", RecordMode::stereo));
}

TEST(Recorder, says_when_the_folder_is_not_there) {
  TestFolder folder;
  std::latch done(1);
  std::string error;
  Recorder recorder(1s, 1, [&](RecordingEnded event) {
    error = event.error;
    done.count_down();
  });
  recorder.start(StreamId{1}, folder / "missing" / "a.wav", RecordMode::stereo);
  done.wait();
  EXPECT_NE(error.find("No such file or directory"), std::string::npos) << error;
}

}  // namespace
}  // namespace everdial::media
