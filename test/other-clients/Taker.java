import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A taker on the JDK alone. Its HttpClient offers HTTP/2 with every call, as it does unless told otherwise. */
public class Taker {
  private static final String URL = System.getenv("LOCKSTEP_URL");
  private static final String KEY = System.getenv("API_KEY");
  private static final String SECRET = System.getenv("API_SECRET");
  private static final String ADDRESS = System.getenv("TAKER_ADDRESS");
  private static final String ORDER = System.getenv("ORDER_HASH");

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static long lastTimestamp;

  /** No two calls are signed for the same millisecond: their signatures could be equal. */
  private static synchronized String timestamp() {
    lastTimestamp = Math.max(lastTimestamp + 1, System.currentTimeMillis());
    return String.valueOf(lastTimestamp);
  }

  private static String sign(String method, String path, String timestamp, String payload) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    String signed = method + "|" + path + "|" + timestamp + "|" + payload;
    return Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
  }

  private static String send(String method, String path, String query, String body) throws Exception {
    String timestamp = timestamp();
    String target = URL + path + (query.isEmpty() ? "" : "?" + query);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(target))
            .timeout(Duration.ofSeconds(30))
            .header("X-API-Key", KEY)
            .header("X-API-Timestamp", timestamp)
            .header("X-API-Signature", sign(method, path, timestamp, body.isEmpty() ? query : body))
            .header("Content-Type", "application/json")
            .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
    var answer = CLIENT.send(request, BodyHandlers.ofString());
    System.out.println(method + " " + path + " " + answer.statusCode() + " " + answer.body());
    if (answer.statusCode() != 200) System.exit(1);
    return answer.body();
  }

  private static CompletableFuture<String> listen() throws Exception {
    CompletableFuture<String> asked = new CompletableFuture<>();
    String path = "/ws/taker/v1";
    String query = "types=order_status_change,cancellation_request";
    String timestamp = timestamp();
    CLIENT
        .newWebSocketBuilder()
        .header("X-API-Key", KEY)
        .header("X-API-Timestamp", timestamp)
        .header("X-API-Signature", sign("GET", path, timestamp, query))
        .buildAsync(
            URI.create(URL.replace("http", "ws") + path + "?" + query),
            new WebSocket.Listener() {
              private final StringBuilder message = new StringBuilder();

              @Override
              public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                message.append(data);
                if (last) {
                  if (message.indexOf("\"cancellation_request\"") >= 0) asked.complete(message.toString());
                  message.setLength(0);
                }
                socket.request(1);
                return null;
              }
            })
        .get(30, TimeUnit.SECONDS);
    return asked;
  }

  public static void main(String[] arguments) throws Exception {
    String order = "\"order_hash\":\"" + ORDER + "\",\"taker_address\":\"" + ADDRESS + "\"";
    send("GET", "/api/v1/takers/orders", "page_size=5&sort_order=asc", "");
    send("POST", "/api/v1/orders/lock", "", "{" + order + "}");
    CompletableFuture<String> asked = listen();
    System.out.println("listening");
    Matcher request = Pattern.compile("\"request_id\":\"([^\"]+)\"").matcher(asked.get(60, TimeUnit.SECONDS));
    if (!request.find()) System.exit(1);
    String answer = ",\"cancellation_success\":true,\"message\":\"Not traded yet\",\"request_id\":\"";
    send("POST", "/api/v1/orders/cancel-result", "", "{" + order + answer + request.group(1) + "\"}");
    System.exit(0);
  }
}
