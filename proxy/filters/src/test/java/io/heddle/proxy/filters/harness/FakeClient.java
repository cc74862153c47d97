package io.heddle.proxy.filters.harness;

import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.codec.HeadPool;
import java.util.ArrayList;
import java.util.List;

/** Calls of the whole proxy, which the test answers. */
public final class FakeClient implements AsyncHttpClient {
  private final HeadPool pool = new HeadPool(16);
  private final List<FakeCall> calls = new ArrayList<>();

  /** Nobody has called yet. */
  public FakeClient() {}

  @Override
  public Call send(Request request, ResponseHandler handler) {
    FakeCall call = new FakeCall(pool, request, handler);
    calls.add(call);
    return call;
  }

  /** All that were made, in order. */
  public List<FakeCall> calls() {
    return calls;
  }
}
