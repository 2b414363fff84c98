//! The table of roles in the documentation is the one that counts.

use latarnik_model::{Permission, Reach, Role};

fn table() -> String {
    let names: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
    let mut text = format!("| permission | {} | where |\n", names.join(" | "));
    text.push_str("|---|---|---|---|---|---|\n");
    for permission in Permission::ALL {
        let cells = Role::ALL.map(|role| {
            if role.may(*permission) {
                " yes |"
            } else {
                " |"
            }
        });
        let reach = match permission.reach() {
            Reach::EveryTenant => "every tenant",
            Reach::ProviderOnly => "the provider",
        };
        let (name, cells) = (permission.name(), cells.concat());
        text.push_str(&format!("| `{name}` |{cells} {reach} |\n"));
    }
    text
}

#[test]
fn documentation_shows_the_table_of_roles() {
    let page = include_str!("../../../docs/security.md");
    assert!(
        page.contains(&table()),
        "docs/security.md should have:\n{}",
        table()
    );
}
