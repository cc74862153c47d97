package io.heddle.control.core.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Questions between control planes over keys that they share. */
class PeersTest {
  private final FakeKeys keys = new FakeKeys();
  private final Map<String, One> all = new ConcurrentHashMap<>();

  private final class One {
    final FakeKeys.Link link = keys.link();
    final long lease = link.grant(Duration.ofSeconds(6));
    final Peers peers;

    One(String name) {
      this(name, Duration.ofSeconds(20));
    }

    One(String name, Duration patience) {
      peers = new Peers(link, name, () -> others(name), () -> lease, patience);
      all.put(name, this);
      peers.answer("echo", question -> name + " heard " + question);
      peers.start();
    }
  }

  private Map<String, String> others(String self) {
    Map<String, String> others = new TreeMap<>();
    all.keySet().stream()
        .filter(name -> !name.equals(self))
        .forEach(name -> others.put(name, "at " + name));
    return others;
  }

  @AfterEach
  void close() {
    all.values().forEach(one -> one.peers.close());
    all.values().forEach(one -> one.link.close());
  }

  @Test
  void everyOtherAnswersAndNothingIsLeft() {
    One one = new One("one");
    new One("two");
    new One("three");
    Peers.Answers answers = one.peers.ask("echo", "you\nthere");
    assertThat(answers.texts())
        .isEqualTo(Map.of("two", "two heard you\nthere", "three", "three heard you\nthere"));
    assertThat(answers.silent()).isEmpty();
    assertThat(keys.count("ask/")).isZero();
  }

  @Test
  void aloneNobodyIsAskedAndNothingWritten() {
    One one = new One("one");
    long before = keys.revision();
    assertThat(one.peers.ask("echo", "?"))
        .isEqualTo(new Peers.Answers(Map.of(), java.util.Set.of()));
    assertThat(keys.revision()).isEqualTo(before);
  }

  @Test
  void oneThatIsCutOffIsSilent() {
    One one = new One("one", Duration.ofMillis(200));
    One two = new One("two");
    two.link.cut(true);
    Peers.Answers answers = one.peers.ask("echo", "?");
    assertThat(answers.texts()).isEmpty();
    assertThat(answers.silent()).containsExactly("at two");
  }

  /** An unknown topic, or a failure, is said at once. */
  @Test
  void oneThatCannotAnswerIsSilentWithoutAWait() {
    One one = new One("one");
    One two = new One("two");
    two.peers.answer(
        "broken",
        question -> {
          throw new IllegalArgumentException("no");
        });
    List<String> silent = new ArrayList<>(one.peers.ask("unknown", "?").silent());
    assertThat(silent).containsExactly("at two");
    assertThat(one.peers.ask("broken", "?").silent()).containsExactly("at two");
  }

  @Test
  void largeAnswersComeInParts() {
    One one = new One("one");
    One two = new One("two");
    java.util.Random random = new java.util.Random(7);
    StringBuilder large = new StringBuilder();
    for (int i = 0; i < 400_000; i++) {
      large.append(Long.toString(random.nextLong() >>> 1, 36));
    }
    two.peers.answer("large", question -> large.toString());
    assertThat(one.peers.ask("large", "").texts()).isEqualTo(Map.of("two", large.toString()));
    assertThat(keys.count("ask/")).isZero();
  }

  /** Who asked is gone before it could remove anything. */
  @Test
  void anAnswerThatNobodyFetchesIsRemoved() {
    One one = new One("one");
    new One("two");
    one.link.commit(
        List.of(),
        List.of(new SharedKeys.Put("ask/q/orphan", deflated("one\necho\nanybody"), one.lease)));
    await().until(() -> keys.count("ask/a/orphan/") == 1);
    keys.expire(one.lease);
    await().until(() -> keys.count("ask/") == 0);
  }

  private static com.google.protobuf.ByteString deflated(String text) {
    java.util.zip.Deflater deflater = new java.util.zip.Deflater();
    deflater.setInput(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    deflater.finish();
    byte[] bytes = new byte[1_024];
    int length = deflater.deflate(bytes);
    deflater.end();
    return com.google.protobuf.ByteString.copyFrom(bytes, 0, length);
  }

  @Test
  void aQuestionThatIsNoneIsLeftAlone() {
    One one = new One("one");
    new One("two");
    one.link.commit(
        List.of(), List.of(new SharedKeys.Put("ask/q/bad", FakeKeys.bytes("not deflated"))));
    assertThat(one.peers.ask("echo", "?").texts()).hasSize(1);
  }

  @Test
  void goesOnAfterAnEventThatWasCompactedAway() {
    One one = new One("one", Duration.ofMillis(500));
    One two = new One("two");
    two.link.cut(true);
    one.link.commit(List.of(), List.of(new SharedKeys.Put("other", FakeKeys.bytes("x"))));
    keys.compact();
    two.link.cut(false);
    await().until(() -> one.peers.ask("echo", "?").silent().isEmpty());
  }
}
