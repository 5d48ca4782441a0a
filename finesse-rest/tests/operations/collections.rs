//! Objects there are many of: each is listed, created, read, changed and deleted, and refused where it is due.

use std::fmt::Debug;

use finesse_model::{
    ConfigId, Contact, LayoutColumn, LayoutEntry, MediaPropertiesLayout, Param, PhoneBook, PhoneBookType,
    ReasonCategory, ReasonCode, Scalar, TriggerSet, VariableType, Workflow, WorkflowAction,
    WorkflowActionType, WrapUpReason,
};
use finesse_rest::operations::{Collection, CollectionOf, Configuration};
use finesse_rest::{Client, ErrorKind};

use crate::lab::*;

/// Objects of a kind, by the configuration of a client.
trait Kind: CollectionOf + Debug + 'static {
    fn of(client: &Client) -> Collection<'_, Self>;
    fn new(label: &str) -> Self;
    fn label(&self) -> Option<&str>;
}

macro_rules! kinds {
    ($($kind:ty, $of:expr, $label:ident, $new:expr;)*) => {$(
        impl Kind for $kind {
            fn of(client: &Client) -> Collection<'_, Self> {
                let of: fn(Configuration<'_>) -> Collection<'_, Self> = $of;
                of(client.configuration())
            }

            fn new(label: &str) -> Self {
                Self { $label: Some(label.into()), ..$new }
            }

            fn label(&self) -> Option<&str> {
                self.$label.as_deref()
            }
        }
    )*};
}

kinds! {
    ReasonCode, |all| all.reason_codes(), label, ReasonCode {
        category: Some(ReasonCategory::NotReady),
        code: Some(Scalar::Value(55)),
        for_all: Some(Scalar::Value(false)),
        ..Self::default()
    };
    WrapUpReason, |all| all.wrap_up_reasons(), label,
        WrapUpReason { for_all: Some(Scalar::Value(false)), ..Self::default() };
    MediaPropertiesLayout, |all| all.media_properties_layouts(), name, MediaPropertiesLayout {
        header: Some(LayoutColumn {
            entries: vec![LayoutEntry { media_property: Some("DNIS".into()), ..LayoutEntry::default() }],
            ..LayoutColumn::default()
        }),
        ..Self::default()
    };
    PhoneBook, |all| all.phone_books(), name,
        PhoneBook { r#type: Some(PhoneBookType::Team), ..Self::default() };
    Contact, |all| all.contacts("34"), first_name,
        Contact { phone_number: Some("5550199".into()), ..Self::default() };
    Workflow, |all| all.workflows(), name, Workflow {
        trigger_set: Some(TriggerSet {
            r#type: Some(VariableType::System),
            name: Some("CALL_ENDED".into()),
            ..TriggerSet::default()
        }),
        workflow_actions: Some(vec![WorkflowAction {
            uri: Some("/finesse/api/WorkflowAction/4".into()),
            ..WorkflowAction::default()
        }]),
        ..Self::default()
    };
    WorkflowAction, |all| all.workflow_actions(), name, WorkflowAction {
        r#type: Some(WorkflowActionType::BrowserPop),
        handled_by: Some("FINESSE_DESKTOP".into()),
        params: Some(["path", "windowName"].map(|name| Param {
            name: Some(name.into()),
            value: Some("crm".into()),
            ..Param::default()
        }).into()),
        ..Self::default()
    };
}

async fn created<T: Kind>(admin: &Client) -> ConfigId {
    T::of(admin).create(&T::new("Tea & cake")).await.unwrap().new_id().unwrap()
}

async fn list<T: Kind>(lab: Lab) {
    let admin = lab.admin();
    let before = T::of(&admin).list().await.unwrap();
    assert!(!before.items.is_empty() && before.rejected.is_empty());
    created::<T>(&admin).await;
    assert_eq!(T::of(&admin).list().await.unwrap().items.len(), before.items.len() + 1);
    refused(T::of(&lab.client("1001")).list().await, 401);
    secondary(T::of(&lab.admin_at_the_secondary()).list().await, &lab);
}

async fn create<T: Kind>(lab: Lab, long: usize, field: &str) {
    let admin = lab.admin();
    let receipt = T::of(&admin).create(&T::new("Tea & cake")).await.unwrap();
    assert_eq!(receipt.status, 200);
    let made = T::of(&admin).get(receipt.new_id().unwrap()).await.unwrap();
    assert_eq!(made.label(), Some("Tea & cake"));
    not_sent(T::of(&admin).create(&T::new(&"x".repeat(long))).await, field);
    refused(T::of(&lab.client("1001")).create(&T::new("x")).await, 401);
    secondary(T::of(&lab.admin_at_the_secondary()).create(&T::new("x")).await, &lab);
}

async fn get<T: Kind>(lab: Lab) {
    let admin = lab.admin();
    let id = created::<T>(&admin).await;
    assert_eq!(T::of(&admin).get(&id).await.unwrap().label(), Some("Tea & cake"));
    refused(T::of(&admin).get("999999").await, 404);
    secondary(T::of(&lab.admin_at_the_secondary()).get(&id).await, &lab);
}

async fn update<T: Kind>(lab: Lab) {
    let admin = lab.admin();
    let id = created::<T>(&admin).await;
    let receipt = T::of(&admin).update(&id, &T::new("Lunch")).await.unwrap();
    assert_eq!((receipt.status, receipt.echoed), (200, Some(receipt.request_id)));
    assert_eq!(T::of(&admin).get(&id).await.unwrap().label(), Some("Lunch"));
    refused(T::of(&admin).update("999999", &T::new("x")).await, 404);
    refused(T::of(&lab.client("1001")).update(&id, &T::new("x")).await, 401);
    secondary(T::of(&lab.admin_at_the_secondary()).update(&id, &T::new("x")).await, &lab);
}

async fn delete<T: Kind>(lab: Lab) {
    let admin = lab.admin();
    let id = created::<T>(&admin).await;
    secondary(T::of(&lab.admin_at_the_secondary()).delete(&id).await, &lab);
    refused(T::of(&lab.client("1001")).delete(&id).await, 401);
    assert_eq!(T::of(&admin).delete(&id).await.unwrap().status, 200);
    refused(T::of(&admin).get(&id).await, 404);
    refused(T::of(&admin).delete(&id).await, 404);
}

operations! {
    async fn reason_code_list(lab) {
        let admin = lab.admin();
        let logout = admin.configuration().reason_codes().in_category(ReasonCategory::Logout);
        assert!(logout.list().await.unwrap().items.iter().all(|one| one.category == Some(ReasonCategory::Logout)));
        list::<ReasonCode>(lab).await;
    }
    async fn reason_code_create(lab) {
        let admin = lab.admin();
        let twin = ReasonCode { code: Some(Scalar::Value(41)), ..ReasonCode::new("Twin") };
        refused(admin.configuration().reason_codes().create(&twin).await, 400);
        create::<ReasonCode>(lab, 41, "label").await;
    }
    async fn reason_code_get(lab) {
        assert!(lab.client("1001").configuration().reason_codes().get("7").await.is_ok());
        get::<ReasonCode>(lab).await;
    }
    async fn reason_code_update(lab) { update::<ReasonCode>(lab).await; }
    async fn reason_code_delete(lab) { delete::<ReasonCode>(lab).await; }

    async fn wrap_up_reason_list(lab) { list::<WrapUpReason>(lab).await; }
    async fn wrap_up_reason_create(lab) { create::<WrapUpReason>(lab, 40, "label").await; }
    async fn wrap_up_reason_get(lab) { get::<WrapUpReason>(lab).await; }
    async fn wrap_up_reason_update(lab) { update::<WrapUpReason>(lab).await; }
    async fn wrap_up_reason_delete(lab) { delete::<WrapUpReason>(lab).await; }

    async fn media_properties_layout_get_default(lab) {
        let admin = lab.admin();
        let layout = admin.configuration().media_properties_layouts().get_default().await.unwrap();
        assert_eq!(layout.columns.len(), 2);
    }
    async fn media_properties_layout_update_default(lab) {
        let admin = lab.admin();
        let layouts = admin.configuration().media_properties_layouts();
        let mut layout = layouts.get_default().await.unwrap();
        layout.description = Some("Voice & more".into());
        layouts.update_default(&layout).await.unwrap();
        assert_eq!(layouts.get_default().await.unwrap().description, layout.description);
        layout.columns.push(LayoutColumn::default());
        not_sent(layouts.update_default(&layout).await, "column");
    }
    async fn media_properties_layout_list(lab) { list::<MediaPropertiesLayout>(lab).await; }
    async fn media_properties_layout_create(lab) {
        let admin = lab.admin();
        let layouts = admin.configuration().media_properties_layouts();
        let receipt = layouts.create(&MediaPropertiesLayout::new("Tea & cake")).await.unwrap();
        assert_eq!(layouts.get(receipt.new_id().unwrap()).await.unwrap().label(), Some("Tea & cake"));
        not_sent(layouts.create(&MediaPropertiesLayout::default()).await, "name");
    }
    async fn media_properties_layout_get(lab) { get::<MediaPropertiesLayout>(lab).await; }
    async fn media_properties_layout_update(lab) { update::<MediaPropertiesLayout>(lab).await; }
    async fn media_properties_layout_delete(lab) {
        // Forbidden at the primary too, so it stays what it is.
        let error = lab.admin().configuration().media_properties_layouts().delete("1").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
        delete::<MediaPropertiesLayout>(lab).await;
    }

    async fn phone_book_list(lab) { list::<PhoneBook>(lab).await; }
    async fn phone_book_create(lab) { create::<PhoneBook>(lab, 65, "name").await; }
    async fn phone_book_get(lab) { get::<PhoneBook>(lab).await; }
    async fn phone_book_update(lab) { update::<PhoneBook>(lab).await; }
    async fn phone_book_delete(lab) {
        refused(lab.admin().configuration().phone_books().delete("35").await, 400);
        delete::<PhoneBook>(lab).await;
    }
    async fn phone_book_import_csv(lab) {
        let admin = lab.admin();
        let books = admin.configuration().phone_books();
        let header = "\"First Name\",\"Last Name\",\"Phone Number\",\"Notes\"\r\n";
        let csv = format!("{header}\"Bo\",\"Åkesson\",\"6517001\",\"a \"\"b\"\"\"\r\n");
        assert_eq!(books.import_csv("34", &csv).await.unwrap().status, 202);
        assert_eq!(admin.configuration().contacts("34").list().await.unwrap().items.len(), 1);
        refused(books.import_csv("34", &format!("{header}\"Bo\",\"\",\"\",\"\"\r\n")).await, 400);
        refused(books.import_csv("999", &csv).await, 404);
    }
    async fn phone_book_import_xml(lab) {
        let admin = lab.admin();
        let books = admin.configuration().phone_books();
        let contacts = [Contact::new("Bo"), Contact::new("Amanda & Co")];
        assert_eq!(books.import_xml("34", &contacts).await.unwrap().status, 202);
        assert_eq!(admin.configuration().contacts("34").list().await.unwrap().items.len(), 2);
        not_sent(books.import_xml("34", &[Contact::default()]).await, "phoneNumber");
        not_sent(books.import_xml("34", &vec![Contact::new("Bo"); 6001]).await, "Contacts");
    }
    async fn phone_book_export_csv(lab) {
        let admin = lab.admin();
        let csv = admin.configuration().phone_books().export_csv("34").await.unwrap();
        assert!(csv.starts_with("\"First Name\"") && csv.contains("지우"), "{csv}");
        refused(admin.configuration().phone_books().export_csv("999").await, 404);
    }

    async fn contact_list(lab) { list::<Contact>(lab).await; }
    async fn contact_create(lab) { create::<Contact>(lab, 129, "firstName").await; }
    async fn contact_get(lab) { get::<Contact>(lab).await; }
    async fn contact_update(lab) { update::<Contact>(lab).await; }
    async fn contact_delete(lab) { delete::<Contact>(lab).await; }

    async fn workflow_list(lab) { list::<Workflow>(lab).await; }
    async fn workflow_create(lab) {
        let twin = lab.admin().configuration().workflows().create(&Workflow::new("crm pop")).await;
        refused(twin, 400);
        create::<Workflow>(lab, 41, "name").await;
    }
    async fn workflow_get(lab) { get::<Workflow>(lab).await; }
    async fn workflow_update(lab) { update::<Workflow>(lab).await; }
    async fn workflow_delete(lab) { delete::<Workflow>(lab).await; }

    async fn workflow_action_list(lab) { list::<WorkflowAction>(lab).await; }
    async fn workflow_action_create(lab) { create::<WorkflowAction>(lab, 65, "name").await; }
    async fn workflow_action_get(lab) { get::<WorkflowAction>(lab).await; }
    async fn workflow_action_update(lab) { update::<WorkflowAction>(lab).await; }
    async fn workflow_action_delete(lab) { delete::<WorkflowAction>(lab).await; }

    async fn system_variable_list(lab) {
        assert!(!lab.admin().configuration().system_variables().list().await.unwrap().items.is_empty());
        refused(lab.client("1001").configuration().system_variables().list().await, 401);
        secondary(lab.admin_at_the_secondary().configuration().system_variables().list().await, &lab);
    }

    async fn the_primary_is_looked_up_before_anything_is_written(lab) {
        assert!(lab.admin().configuration().on_primary().await.is_ok());
        let error = lab.admin_at_the_secondary().configuration().on_primary().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::SecondaryNode, None), "{error}");
    }
}
