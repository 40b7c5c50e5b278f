// Orders with the customers they are from: each order names its customer's key, and its line changes with either of
// both.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <fmt/core.h>

#include <string>

namespace cs = cryptostream;

struct Customer {
  std::string name;
  std::string city;
};
CRYPTOSTREAM_SCHEMA(Customer, name, city)

struct Order {
  std::string customer;  // the key of a Customer
  std::string item;
};
CRYPTOSTREAM_SCHEMA(Order, customer, item)

int main() {
  const cs::KafkaTopic<std::string, std::optional<Customer>> customers{"customers"};
  const cs::KafkaTopic<std::int64_t, Order> orders{"orders"};
  const cs::KafkaTopic<std::int64_t, std::optional<std::string>> labels{"labels"};

  cs::StreamsBuilder b;
  auto addresses = b.table(customers);
  b.table(orders)
      .join(addresses, &Order::customer,
            [](const Order& order, const Customer& customer) {
              return order.item + " to " + customer.name + ", " + customer.city;
            })
      .to_stream()
      .to(labels);

  cs::TestDriver driver(b.build());
  driver.pipe(orders, 1, {"ann", "a book"});  // nothing yet: there is no such customer
  driver.pipe(customers, "ann", Customer{"Ann", "Rome"});
  driver.pipe(orders, 2, {"ann", "a pen"});
  driver.pipe(customers, "ann", Customer{"Ann", "Oslo"});  // she moves: both labels change
  driver.pipe(customers, "bob", Customer{"Bob", "Bonn"});
  driver.pipe(orders, 1, {"bob", "a book"});  // it was for him
  driver.pipe(customers, "ann", std::nullopt);
  for (const auto& label : driver.read(labels)) fmt::print("{} {}\n", label.key, label.value.value_or("(none)"));
}
