package io.heddle.proxy.engine.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.HeadPool;
import io.heddle.proxy.codec.RequestHead;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The times of gRPC's clients (gRPC over HTTP/2, "Timeout"). */
class DeadlinesTest {
  @ParameterizedTest
  @CsvSource({
    "1H, 3600000",
    "2M, 120000",
    "3S, 3000",
    "99999999m, 99999999",
    "1u, 1",
    "1000u, 1",
    "1001u, 2",
    "1n, 1",
    "2000001n, 3",
    "0m, 0",
    "5, -1",
    "m, -1",
    "'', -1",
    "123456789m, -1",
    "-1m, -1",
    "1x, -1",
    "1 m, -1",
  })
  void readsATime(String text, long millis) {
    HeadPool pool = new HeadPool(1);
    RequestHead request = pool.request().start("POST", "/a", "host", "http");
    request.add(HeaderName.of("grpc-timeout"), text);
    assertThat(Deadlines.grpcMillis(request)).isEqualTo(millis);
    request.release();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0m",
    "99999999, 99999999m",
    "100000000, 100000S",
    "100000000000, 1666666M",
    "6000000000000, 1666666H",
    "9223372036854775807, 99999999H",
  })
  void writesATimeInTheFinestUnitThatHasRoom(long millis, String text) {
    assertThat(Deadlines.grpcText(millis)).isEqualTo(text);
  }
}
