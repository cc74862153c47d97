package io.heddle.proxy.filters.admissioncontrol;

import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.envoyproxy.envoy.type.v3.Int32Range;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.filters.config.SetFields;
import java.util.BitSet;
import java.util.Set;

/**
 * Which answers are successes ({@code AdmissionControl.SuccessCriteria}); unless something is said,
 * HTTP statuses below 500, and those of gRPC that fewer requests would not change.
 */
final class SuccessCriteria {
  private static final int[] GRPC = {0, 1, 2, 3, 5, 6, 7, 9, 11, 12, 16};
  private static final int STATUSES = 600;
  private static final int GRPC_STATUSES = 17;

  private final BitSet http;
  private final BitSet grpc;

  private SuccessCriteria(BitSet http, BitSet grpc) {
    this.http = http;
    this.grpc = grpc;
  }

  static SuccessCriteria of(AdmissionControl.SuccessCriteria message, String path)
      throws FilterConfigException {
    SetFields.allow(message, path, Set.of("http_criteria", "grpc_criteria"));
    BitSet http = new BitSet(STATUSES);
    if (message.hasHttpCriteria()) {
      String here = SetFields.at(path, "http_criteria");
      SetFields.allow(message.getHttpCriteria(), here, Set.of("http_success_status"));
      if (message.getHttpCriteria().getHttpSuccessStatusCount() == 0) {
        throw new FilterConfigException(
            SetFields.at(here, "http_success_status"), "none", "one at least");
      }
      for (int i = 0; i < message.getHttpCriteria().getHttpSuccessStatusCount(); i++) {
        Int32Range range = message.getHttpCriteria().getHttpSuccessStatus(i);
        if (range.getStart() >= range.getEnd()
            || range.getStart() < 100
            || range.getEnd() > STATUSES) {
          throw new FilterConfigException(
              SetFields.at(here, "http_success_status", i),
              range.getStart() + " to " + range.getEnd(),
              "statuses from 100 on, up to and without 600");
        }
        http.set(range.getStart(), range.getEnd());
      }
    } else {
      http.set(100, 500);
    }
    BitSet grpc = new BitSet(GRPC_STATUSES);
    if (message.hasGrpcCriteria()) {
      String here = SetFields.at(path, "grpc_criteria");
      SetFields.allow(message.getGrpcCriteria(), here, Set.of("grpc_success_status"));
      if (message.getGrpcCriteria().getGrpcSuccessStatusCount() == 0) {
        throw new FilterConfigException(
            SetFields.at(here, "grpc_success_status"), "none", "one at least");
      }
      for (int i = 0; i < message.getGrpcCriteria().getGrpcSuccessStatusCount(); i++) {
        long status = Integer.toUnsignedLong(message.getGrpcCriteria().getGrpcSuccessStatus(i));
        if (status >= GRPC_STATUSES) {
          throw new FilterConfigException(
              SetFields.at(here, "grpc_success_status", i), Long.toString(status), "0 to 16");
        }
        grpc.set((int) status);
      }
    } else {
      for (int status : GRPC) {
        grpc.set(status);
      }
    }
    return new SuccessCriteria(http, grpc);
  }

  boolean http(int status) {
    return http.get(status);
  }

  /** The value of a {@code grpc-status}; one that is none is no success. */
  boolean grpc(String status) {
    if (status.isEmpty() || status.length() > 2) {
      return false;
    }
    int value = 0;
    for (int i = 0; i < status.length(); i++) {
      char c = status.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      value = value * 10 + c - '0';
    }
    return grpc.get(value);
  }
}
