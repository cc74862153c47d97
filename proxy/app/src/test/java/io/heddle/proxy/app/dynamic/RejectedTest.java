package io.heddle.proxy.app.dynamic;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is kept of a refusal. */
class RejectedTest {
  private static Rejected refused(int bytes) {
    Any configuration = Any.newBuilder().setValue(ByteString.copyFrom(new byte[bytes])).build();
    return new Rejected("v1", "why", Instant.EPOCH, Optional.of(configuration));
  }

  @Test
  void whatWasRefusedIsKeptUnlessItIsLong() {
    assertThat(refused(Rejected.LONGEST).configuration()).isPresent();
    assertThat(refused(Rejected.LONGEST + 1).configuration()).isEmpty();
    assertThat(refused(Rejected.LONGEST + 1).message()).isEqualTo("why");
  }
}
