//! A small shop, as an example of a program with background tasks. Requests of its web server write rows and insert
//! tasks; workers run the tasks. See its README.md, and the page "shop" of the guide.

pub mod config;
pub mod mailer;
pub mod picture;
pub mod pools;
pub mod ready;
pub mod request_error;
pub mod request_id;
pub mod routes;
pub mod serve;
pub mod shop;
pub mod tasks;
pub mod warehouse;
pub mod work;
