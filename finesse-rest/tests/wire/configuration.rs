//! Configuration, as the administrator writes it.

use finesse_model::{
    ChatConfig, ClusterConfig, ConfigId, Contact, EnterpriseDatabaseConfig, LayoutColumn, LayoutConfig,
    LayoutEntry, MediaPropertiesLayout, Param, PhoneBook, PhoneBookType, ReasonCategory, ReasonCode, Scalar,
    Secret, SystemConfig, TeamLayoutConfig, TriggerSet, VariableType, Workflow, WorkflowAction,
    WorkflowActionType, WrapUpReason,
};

use crate::{Row, rows};

fn id(text: &str) -> ConfigId {
    ConfigId::new(text).unwrap()
}

fn text<T>(text: &str) -> Option<T>
where
    T: From<String>,
{
    Some(T::from(text.to_owned()))
}

fn reason_code() -> ReasonCode {
    ReasonCode {
        category: Some(ReasonCategory::NotReady),
        code: Some(Scalar::Value(201)),
        label: text("Tea & cake"),
        for_all: Some(Scalar::Value(true)),
        ..ReasonCode::default()
    }
}

fn wrap_up_reason() -> WrapUpReason {
    WrapUpReason { label: text("Sale"), for_all: Some(Scalar::Value(true)), ..WrapUpReason::default() }
}

fn layout() -> MediaPropertiesLayout {
    let entry = LayoutEntry {
        display_name: text("Customer"),
        media_property: text("callVariable1"),
        ..LayoutEntry::default()
    };
    MediaPropertiesLayout {
        name: text("Voice"),
        header: Some(LayoutColumn { entries: vec![entry], ..LayoutColumn::default() }),
        ..MediaPropertiesLayout::default()
    }
}

fn phone_book() -> PhoneBook {
    PhoneBook { name: text("Branches"), r#type: Some(PhoneBookType::Team), ..PhoneBook::default() }
}

fn contact() -> Contact {
    Contact { first_name: text("Amanda"), phone_number: text("6511234"), ..Contact::default() }
}

fn workflow() -> Workflow {
    let trigger_set =
        TriggerSet { r#type: Some(VariableType::System), name: text("CALL_ENDED"), ..TriggerSet::default() };
    let action = WorkflowAction { uri: text("/finesse/api/WorkflowAction/4"), ..WorkflowAction::default() };
    Workflow {
        name: text("crm pop"),
        trigger_set: Some(trigger_set),
        workflow_actions: Some(vec![action]),
        ..Workflow::default()
    }
}

fn workflow_action() -> WorkflowAction {
    let param = |name: &str, value: &str| Param { name: text(name), value: text(value), ..Param::default() };
    WorkflowAction {
        name: text("crm"),
        r#type: Some(WorkflowActionType::BrowserPop),
        handled_by: Some("FINESSE_DESKTOP".into()),
        params: Some(vec![param("path", "http://crm.example/?n=1&m=2"), param("windowName", "crm")]),
        ..WorkflowAction::default()
    }
}

fn database() -> EnterpriseDatabaseConfig {
    EnterpriseDatabaseConfig {
        host: text("aw.example"),
        port: Some(Scalar::Value(1433)),
        database_name: text("awdb"),
        username: text("sa"),
        password: Some(Secret::new("p&w")),
        ..EnterpriseDatabaseConfig::default()
    }
}

pub(crate) const ROWS: &[Row] = rows! {
    "system_config_get": |c| async { c.configuration().system_config().get().await },
        "GET /finesse/api/SystemConfig" [] "";
    "system_config_update": |c| async { c.configuration().system_config().update(&SystemConfig::from_xml("<SystemConfig><cti><host>cti-a</host><port>42027</port><peripheralId>5000</peripheralId></cti></SystemConfig>").unwrap()).await },
        "PUT /finesse/api/SystemConfig" [] "<SystemConfig><cti><host>cti-a</host><port>42027</port><peripheralId>5000</peripheralId></cti></SystemConfig>";
    "cluster_config_get": |c| async { c.configuration().cluster_config().get().await },
        "GET /finesse/api/ClusterConfig" [] "";
    "cluster_config_update": |c| async { c.configuration().cluster_config().update(&ClusterConfig::from_xml("<ClusterConfig><secondaryNode><host>fin-b</host></secondaryNode></ClusterConfig>").unwrap()).await },
        "PUT /finesse/api/ClusterConfig" [] "<ClusterConfig><secondaryNode><host>fin-b</host></secondaryNode></ClusterConfig>";
    "enterprise_database_config_get": |c| async { c.configuration().enterprise_database_config().get().await },
        "GET /finesse/api/EnterpriseDatabaseConfig" [] "";
    "enterprise_database_config_update": |c| async { c.configuration().enterprise_database_config().update(&database()).await },
        "PUT /finesse/api/EnterpriseDatabaseConfig" [] "<EnterpriseDatabaseConfig><host>aw.example</host><port>1433</port><databaseName>awdb</databaseName><username>sa</username><password>p&amp;w</password></EnterpriseDatabaseConfig>";
    "config_info_get": |c| async { c.configuration().config_info().get().await },
        "GET /finesse/api/ConfigInfo" [] "";
    "ecc_variable_config_get": |c| async { c.configuration().ecc_variable_config().get().await },
        "GET /finesse/api/ECCVariableConfig" [] "";
    "layout_config_get": |c| async { c.configuration().layout_config().get().await },
        "GET /finesse/api/LayoutConfig/default" [] "";
    "layout_config_update": |c| async { c.configuration().layout_config().update(&LayoutConfig { layout_xml: text("<finesseLayout>?a=1&amp;b=2</finesseLayout>"), ..LayoutConfig::default() }).await },
        "PUT /finesse/api/LayoutConfig/default" [] "<LayoutConfig><layoutxml>&lt;finesseLayout&gt;?a=1&amp;amp;b=2&lt;/finesseLayout&gt;</layoutxml></LayoutConfig>";
    "chat_config_get": |c| async { c.configuration().chat_config().get().await },
        "GET /finesse/api/ChatConfig" [] "";
    "chat_config_update": |c| async { c.configuration().chat_config().update(&ChatConfig { primary_node: text("https://chat.example:5280/http-bind/"), ..ChatConfig::default() }).await },
        "PUT /finesse/api/ChatConfig" [] "<ChatConfig><primaryNode>https://chat.example:5280/http-bind/</primaryNode></ChatConfig>";
    "cloud_connect_config_get": |c| async { c.configuration().cloud_connect_config().get().await },
        "GET /finesse/api/CloudConnectConfig" [] "";
    "cloud_connect_config_update": |c| c.configuration().cloud_connect_config().update("<CloudConnectConfig/>"),
        "PUT /finesse/api/CloudConnectConfig" [] "<CloudConnectConfig/>";
    "reason_code_list": |c| async { c.configuration().reason_codes().list().await },
        "GET /finesse/api/ReasonCodes?category=ALL" [] "";
    "reason_code_create": |c| async { c.configuration().reason_codes().create(&reason_code()).await },
        "POST /finesse/api/ReasonCode" [] "<ReasonCode><category>NOT_READY</category><code>201</code><label>Tea &amp; cake</label><forAll>true</forAll></ReasonCode>";
    "reason_code_get": |c| async { c.configuration().reason_codes().get("29").await },
        "GET /finesse/api/ReasonCode/29" [] "";
    "reason_code_update": |c| async { c.configuration().reason_codes().update("29", &reason_code()).await },
        "PUT /finesse/api/ReasonCode/29" [] "<ReasonCode><category>NOT_READY</category><code>201</code><label>Tea &amp; cake</label><forAll>true</forAll></ReasonCode>";
    "reason_code_delete": |c| async { c.configuration().reason_codes().delete("29").await },
        "DELETE /finesse/api/ReasonCode/29" [] "";
    "reason_code_list/category": |c| async { c.configuration().reason_codes().in_category(ReasonCategory::Logout).list().await },
        "GET /finesse/api/ReasonCodes?category=LOGOUT" [] "";
    "wrap_up_reason_list": |c| async { c.configuration().wrap_up_reasons().list().await },
        "GET /finesse/api/WrapUpReasons" [] "";
    "wrap_up_reason_create": |c| async { c.configuration().wrap_up_reasons().create(&wrap_up_reason()).await },
        "POST /finesse/api/WrapUpReason" [] "<WrapUpReason><label>Sale</label><forAll>true</forAll></WrapUpReason>";
    "wrap_up_reason_get": |c| async { c.configuration().wrap_up_reasons().get("29").await },
        "GET /finesse/api/WrapUpReason/29" [] "";
    "wrap_up_reason_update": |c| async { c.configuration().wrap_up_reasons().update("29", &wrap_up_reason()).await },
        "PUT /finesse/api/WrapUpReason/29" [] "<WrapUpReason><label>Sale</label><forAll>true</forAll></WrapUpReason>";
    "wrap_up_reason_delete": |c| async { c.configuration().wrap_up_reasons().delete("29").await },
        "DELETE /finesse/api/WrapUpReason/29" [] "";
    "media_properties_layout_get_default": |c| async { c.configuration().media_properties_layouts().get_default().await },
        "GET /finesse/api/MediaPropertiesLayout/default" [] "";
    "media_properties_layout_update_default": |c| async { c.configuration().media_properties_layouts().update_default(&layout()).await },
        "PUT /finesse/api/MediaPropertiesLayout/default" [] "<MediaPropertiesLayout><name>Voice</name><header><entry><displayName>Customer</displayName><mediaProperty>callVariable1</mediaProperty></entry></header></MediaPropertiesLayout>";
    "media_properties_layout_list": |c| async { c.configuration().media_properties_layouts().list().await },
        "GET /finesse/api/MediaPropertiesLayouts" [] "";
    "media_properties_layout_create": |c| async { c.configuration().media_properties_layouts().create(&layout()).await },
        "POST /finesse/api/MediaPropertiesLayout" [] "<MediaPropertiesLayout><name>Voice</name><header><entry><displayName>Customer</displayName><mediaProperty>callVariable1</mediaProperty></entry></header></MediaPropertiesLayout>";
    "media_properties_layout_get": |c| async { c.configuration().media_properties_layouts().get("29").await },
        "GET /finesse/api/MediaPropertiesLayout/29" [] "";
    "media_properties_layout_update": |c| async { c.configuration().media_properties_layouts().update("29", &layout()).await },
        "PUT /finesse/api/MediaPropertiesLayout/29" [] "<MediaPropertiesLayout><name>Voice</name><header><entry><displayName>Customer</displayName><mediaProperty>callVariable1</mediaProperty></entry></header></MediaPropertiesLayout>";
    "media_properties_layout_delete": |c| async { c.configuration().media_properties_layouts().delete("29").await },
        "DELETE /finesse/api/MediaPropertiesLayout/29" [] "";
    "phone_book_list": |c| async { c.configuration().phone_books().list().await },
        "GET /finesse/api/PhoneBooks" [] "";
    "phone_book_create": |c| async { c.configuration().phone_books().create(&phone_book()).await },
        "POST /finesse/api/PhoneBook" [] "<PhoneBook><name>Branches</name><type>TEAM</type></PhoneBook>";
    "phone_book_get": |c| async { c.configuration().phone_books().get("29").await },
        "GET /finesse/api/PhoneBook/29" [] "";
    "phone_book_update": |c| async { c.configuration().phone_books().update("29", &phone_book()).await },
        "PUT /finesse/api/PhoneBook/29" [] "<PhoneBook><name>Branches</name><type>TEAM</type></PhoneBook>";
    "phone_book_delete": |c| async { c.configuration().phone_books().delete("29").await },
        "DELETE /finesse/api/PhoneBook/29" [] "";
    "phone_book_import_csv": |c| c.configuration().phone_books().import_csv(
            "34",
            "\"First Name\",\"Last Name\",\"Phone Number\",\"Notes\"\r\n\"Amanda\",\"Cohen\",\"6511234\",\"\"\r\n",
        ),
        "POST /finesse/api/PhoneBook/34/Contacts/csvFileContent" ["content-type: multipart/form-data; boundary=finesse-B"]
        "--finesse-B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"contacts.csv\"\r\nContent-Type: text/csv\r\n\r\n\"First Name\",\"Last Name\",\"Phone Number\",\"Notes\"\r\n\"Amanda\",\"Cohen\",\"6511234\",\"\"\r\n\r\n--finesse-B--\r\n";
    "phone_book_import_xml": |c| c.configuration().phone_books().import_xml("34", &[contact()]),
        "PUT /finesse/api/PhoneBook/34/Contacts" [] "<Contacts><Contact><firstName>Amanda</firstName><phoneNumber>6511234</phoneNumber></Contact></Contacts>";
    "phone_book_export_csv": |c| async { c.configuration().phone_books().export_csv("34").await },
        "GET /finesse/api/PhoneBook/34/Contacts/csvFileContent" [] "";
    "contact_list": |c| async { c.configuration().contacts("34").list().await },
        "GET /finesse/api/PhoneBook/34/Contacts" [] "";
    "contact_create": |c| async { c.configuration().contacts("34").create(&contact()).await },
        "POST /finesse/api/PhoneBook/34/Contact" [] "<Contact><firstName>Amanda</firstName><phoneNumber>6511234</phoneNumber></Contact>";
    "contact_get": |c| async { c.configuration().contacts("34").get("29").await },
        "GET /finesse/api/PhoneBook/34/Contact/29" [] "";
    "contact_update": |c| async { c.configuration().contacts("34").update("29", &contact()).await },
        "PUT /finesse/api/PhoneBook/34/Contact/29" [] "<Contact><firstName>Amanda</firstName><phoneNumber>6511234</phoneNumber></Contact>";
    "contact_delete": |c| async { c.configuration().contacts("34").delete("29").await },
        "DELETE /finesse/api/PhoneBook/34/Contact/29" [] "";
    "workflow_list": |c| async { c.configuration().workflows().list().await },
        "GET /finesse/api/Workflows" [] "";
    "workflow_create": |c| async { c.configuration().workflows().create(&workflow()).await },
        "POST /finesse/api/Workflow" [] "<Workflow><name>crm pop</name><TriggerSet><type>SYSTEM</type><name>CALL_ENDED</name></TriggerSet><workflowActions><WorkflowAction><uri>/finesse/api/WorkflowAction/4</uri></WorkflowAction></workflowActions></Workflow>";
    "workflow_get": |c| async { c.configuration().workflows().get("29").await },
        "GET /finesse/api/Workflow/29" [] "";
    "workflow_update": |c| async { c.configuration().workflows().update("29", &workflow()).await },
        "PUT /finesse/api/Workflow/29" [] "<Workflow><name>crm pop</name><TriggerSet><type>SYSTEM</type><name>CALL_ENDED</name></TriggerSet><workflowActions><WorkflowAction><uri>/finesse/api/WorkflowAction/4</uri></WorkflowAction></workflowActions></Workflow>";
    "workflow_delete": |c| async { c.configuration().workflows().delete("29").await },
        "DELETE /finesse/api/Workflow/29" [] "";
    "workflow_action_list": |c| async { c.configuration().workflow_actions().list().await },
        "GET /finesse/api/WorkflowActions" [] "";
    "workflow_action_create": |c| async { c.configuration().workflow_actions().create(&workflow_action()).await },
        "POST /finesse/api/WorkflowAction" [] "<WorkflowAction><name>crm</name><type>BROWSER_POP</type><handledBy>FINESSE_DESKTOP</handledBy><params><Param><name>path</name><value>http://crm.example/?n=1&amp;m=2</value></Param><Param><name>windowName</name><value>crm</value></Param></params></WorkflowAction>";
    "workflow_action_get": |c| async { c.configuration().workflow_actions().get("29").await },
        "GET /finesse/api/WorkflowAction/29" [] "";
    "workflow_action_update": |c| async { c.configuration().workflow_actions().update("29", &workflow_action()).await },
        "PUT /finesse/api/WorkflowAction/29" [] "<WorkflowAction><name>crm</name><type>BROWSER_POP</type><handledBy>FINESSE_DESKTOP</handledBy><params><Param><name>path</name><value>http://crm.example/?n=1&amp;m=2</value></Param><Param><name>windowName</name><value>crm</value></Param></params></WorkflowAction>";
    "workflow_action_delete": |c| async { c.configuration().workflow_actions().delete("29").await },
        "DELETE /finesse/api/WorkflowAction/29" [] "";
    "team_config_list": |c| async { c.configuration().teams().list().await },
        "GET /finesse/api/Teams" [] "";
    "team_config_reason_codes": |c| async { c.configuration().team("5071").reason_codes(ReasonCategory::NotReady).await },
        "GET /finesse/api/Team/5071/ReasonCodes?category=NOT_READY" [] "";
    "team_config_set_reason_codes": |c| c.configuration().team("5071").set_reason_codes(ReasonCategory::Logout, &[id("29"), id("30")]),
        "PUT /finesse/api/Team/5071/ReasonCodes?category=LOGOUT" [] "<ReasonCodes><ReasonCode><uri>/finesse/api/ReasonCode/29</uri></ReasonCode><ReasonCode><uri>/finesse/api/ReasonCode/30</uri></ReasonCode></ReasonCodes>";
    "team_config_wrap_up_reasons": |c| async { c.configuration().team("5071").wrap_up_reasons().await },
        "GET /finesse/api/Team/5071/WrapUpReasons" [] "";
    "team_config_set_wrap_up_reasons": |c| c.configuration().team("5071").set_wrap_up_reasons(&[id("29")]),
        "PUT /finesse/api/Team/5071/WrapUpReasons" [] "<WrapUpReasons><WrapUpReason><uri>/finesse/api/WrapUpReason/29</uri></WrapUpReason></WrapUpReasons>";
    "team_config_phone_books": |c| async { c.configuration().team("5071").phone_books().await },
        "GET /finesse/api/Team/5071/PhoneBooks" [] "";
    "team_config_set_phone_books": |c| c.configuration().team("5071").set_phone_books(&[id("29")]),
        "PUT /finesse/api/Team/5071/PhoneBooks" [] "<PhoneBooks><PhoneBook><uri>/finesse/api/PhoneBook/29</uri></PhoneBook></PhoneBooks>";
    "team_config_workflows": |c| async { c.configuration().team("5071").workflows().await },
        "GET /finesse/api/Team/5071/Workflows" [] "";
    "team_config_set_workflows": |c| c.configuration().team("5071").set_workflows(&[id("29")]),
        "PUT /finesse/api/Team/5071/Workflows" [] "<Workflows><Workflow><uri>/finesse/api/Workflow/29</uri></Workflow></Workflows>";
    "team_config_media_properties_layouts": |c| async { c.configuration().team("5071").media_properties_layouts().await },
        "GET /finesse/api/Team/5071/MediaPropertiesLayouts" [] "";
    "team_config_set_media_properties_layouts": |c| c.configuration().team("5071").set_media_properties_layouts(&[id("29")]),
        "PUT /finesse/api/Team/5071/MediaPropertiesLayouts" [] "<MediaPropertiesLayouts><MediaPropertiesLayout><uri>/finesse/api/MediaPropertiesLayout/29</uri></MediaPropertiesLayout></MediaPropertiesLayouts>";
    "team_config_set_workflows/none": |c| c.configuration().team("5071").set_workflows(&[]),
        "PUT /finesse/api/Team/5071/Workflows" [] "<Workflows></Workflows>";
    "team_config_layout": |c| async { c.configuration().team("5071").layout().await },
        "GET /finesse/api/Team/5071/LayoutConfig" [] "";
    "team_config_set_layout": |c| c.configuration().team("5071").set_layout(&TeamLayoutConfig { use_default: Some(Scalar::Value(false)), layout_xml: text("<finesseLayout/>"), ..TeamLayoutConfig::default() }),
        "PUT /finesse/api/Team/5071/LayoutConfig" [] "<TeamLayoutConfig><useDefault>false</useDefault><layoutxml>&lt;finesseLayout/&gt;</layoutxml></TeamLayoutConfig>";
    "system_variable_list": |c| async { c.configuration().system_variables().list().await },
        "GET /finesse/api/SystemVariables" [] "";
};
